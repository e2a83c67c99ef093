"""Whether what a part answers can be believed: number, unit, origin, one for each asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from monas_core.errors import PluginError
from monas_core.values.architecture import Architecture
from monas_core.values.value import Origin, Value

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
