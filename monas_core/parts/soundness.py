"""Whether what a part answers can be believed: number, unit, origin, one for each asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from monas_core.errors import Diverged, PluginError
from monas_core.values.architecture import Architecture
from monas_core.values.value import Origin, Value

if TYPE_CHECKING:
    from torch import Tensor, nn

ORIGINS: frozenset[str] = frozenset(get_args(Origin))
_UNITS: Mapping[str, str] = {
    "ns": "ns", "us": "us", "ms": "ms", "s": "s",
    "uj": "uJ", "mj": "mJ", "j": "J", "wh": "Wh",
    "mw": "mW", "w": "W",
    "kb": "kB", "mb": "MB", "gb": "GB", "kib": "KiB", "mib": "MiB",
}  # fmt: skip
"""Unit by the last word of a metric: ``latency_ms`` is in ms."""


def unit_of(metric: str) -> str | None:
    """The unit a device metric has by its name; ``None`` where the name tells none."""
    return _UNITS.get(metric.rpartition("_")[2])


def check_values(
    who: str,
    asked: Sequence[Architecture],
    found: Any,
    unit: str | None,
    *,
    diverged: bool = False,
) -> None:
    """Refuse answers that cannot be used.

    Args:
        who: Whose answer it is and to what; begins the sentence.
        asked: The architectures, in order.
        found: What came back.
        unit: The unit they must have; ``None`` for any.
        diverged: Whether trained weights may be the cause of a number that is not finite.

    Raises:
        PluginError: Not one finite Value of that unit and a known origin for each.
    """
    if not isinstance(found, list | tuple):
        raise PluginError(f"{who} returned a {type(found).__name__}, expected a list of Value.")
    if len(found) != len(asked):
        raise PluginError(
            f"{who} returned {len(found)} values for {len(asked)} architectures; "
            "there must be one for each, in order."
        )
    for architecture, value in zip(asked, found, strict=True):
        if not isinstance(value, Value):
            raise PluginError(
                f"{who} returned {value!r:.60} for architecture {architecture.key}, expected a "
                "Value with number, unit and origin."
            )
        if not math.isfinite(value.value):
            raise PluginError(_not_finite(who, architecture, value.value, diverged=diverged))
        if unit is not None and value.unit != unit:
            raise PluginError(
                f'{who} returned {value.value:g} "{value.unit}" for architecture '
                f'{architecture.key}, but its unit is "{unit}"; convert the number.'
            )
        if value.origin not in ORIGINS:
            raise PluginError(
                f"{who} calls a value {value.origin!r:.60}; the origin must be one of "
                f"{', '.join(sorted(ORIGINS))}."
            )


def _not_finite(who: str, architecture: Architecture, number: float, *, diverged: bool) -> str:
    cause = (
        " If it is the quality, the supernet may have diverged: try a smaller "
        "warm_up.learning_rate."
        if diverged
        else ""
    )
    return (
        f"{who} returned {number} for architecture {architecture.key}; a value must be finite "
        f"or Unavailable raised.{cause}"
    )


def unsound_weights(network: nn.Module | None) -> list[str]:
    """Names of weights that are not finite; of what is no weight (a mask, a mean), NaN alone."""
    if network is None:
        return []
    trained = {name for name, _ in network.named_parameters(remove_duplicate=False)}
    return [
        name
        for name, value in network.state_dict().items()
        if value.is_floating_point() and not _sound(value, infinite=name not in trained)
    ]


def _sound(value: Tensor, *, infinite: bool) -> bool:
    return not bool(value.isnan().any()) if infinite else bool(value.isfinite().all())


def check_outputs(outputs: Any, who: str) -> None:
    """Refuse outputs that no score can be taken of: the best of a row must be a number.

    Some logits may be minus infinity, as those of tokens that are ruled out.

    Args:
        outputs: A tree of tensors.
        who: Whose, the beginning of a sentence.

    Raises:
        Diverged: There are NaN, or infinities with nothing else beside them.
    """
    from torch import Tensor
    from torch.utils._pytree import tree_leaves

    for leaf in tree_leaves(outputs):
        if isinstance(leaf, Tensor) and leaf.is_floating_point() and leaf.numel():
            best = leaf if leaf.dim() == 0 else leaf.amax(-1)
            if not bool(best.isfinite().all()):
                raise Diverged(
                    f"{who} answers with numbers that are not finite, so it has no score: its "
                    "weights have diverged; train it again with a smaller learning rate."
                )
