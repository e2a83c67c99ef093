"""How differently the activations of an untrained network treat the samples of a batch.

Mellor et al., "Neural Architecture Search without Training", ICML 2021 (arXiv 2006.04647),
equations 1 and 2: two samples are alike where the same units are on; the score is the logarithm of
the determinant of these likenesses, large where samples are told apart.

Deviation: not of ReLU alone; of every usual activation a unit is on where what enters it is
positive. A tiny diagonal keeps the determinant of equal samples above zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_similarity.fresh import fresh, shown
from monas_similarity.options import BatchOptions

_ACTIVATIONS = frozenset(
    {"relu", "relu_", "hardtanh", "hardtanh_", "hardswish", "hardswish_", "gelu", "silu", "silu_"}
    | {"leaky_relu", "elu", "tanh", "sigmoid", "clamp_min", "hardsigmoid"}
)
_RIDGE = 1e-4
"""Added to the diagonal, relative to its mean."""


class Distinctness(Objective):
    """Log-determinant of the likenesses of samples: of how many units they share the state.

    Args:
        task: Not needed.
        options: See ``BatchOptions``.
    """

    name: ClassVar[str] = "nwot"
    short: ClassVar[str] = "nwot"
    unit: str = "log"
    direction: Direction = "max"
    query: ClassVar[bool] = True
    stands_in: ClassVar[bool] = True

    def __init__(self, task: Task | None = None, options: BatchOptions | None = None) -> None:
        super().__init__(task)
        self._options = options or BatchOptions()

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - one batch of training data serves both
    ) -> list[Value]:
        """One forward pass per architecture.

        Raises:
            Unavailable: A network has no activation that is known.
        """
        inputs = shown(context, self._options.batch).inputs
        found: list[float] = []
        for architecture in architectures:
            network = fresh(context, architecture).train()
            with torch.no_grad(), _Units(self._options.batch) as units:
                network(inputs)
            found.append(units.score(architecture.key))
        return [Value(value, self.unit, "measured") for value in found]


class _Units(TorchDispatchMode):
    """Likenesses of samples ``(B, B)``, summed over all activations that run meanwhile."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self._likeness = torch.zeros(samples, samples, dtype=torch.float64)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        del types
        name = func.overloadpacket.__name__
        if name in _ACTIVATIONS and isinstance(args[0], Tensor):
            entered = args[0]
            if entered.dim() > 1 and len(entered) == len(self._likeness):
                on = (entered.flatten(1) > 0).double().cpu()
                self._likeness += on @ on.T + (1 - on) @ (1 - on).T
        return func(*args, **(kwargs or {}))

    def score(self, key: str) -> float:
        """Of what has run. Raises Unavailable where nothing has."""
        mean = self._likeness.diagonal().mean()
        if mean == 0:
            raise Unavailable(
                f'Objective "nwot" looks at activations, and network {key} has none that it knows; '
                "leave it out."
            )
        scaled = self._likeness / mean + _RIDGE * torch.eye(len(self._likeness))
        # log |K| = log |K / m| + B log m, m the mean of the diagonal: the units there are
        return float(torch.linalg.slogdet(scaled).logabsdet + torch.log(mean) * len(scaled))
