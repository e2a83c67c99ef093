"""The number of connections as an objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_core.values.value import Direction, Split, Value


class Edges(Objective):
    """How many answers are yes."""

    name: ClassVar[str] = "edges"
    short: ClassVar[str] = "edges"
    unit: str = "edges"
    direction: Direction = "min"
    differentiable: ClassVar[bool] = True

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,  # noqa: ARG002 - the answers tell
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts."""
        counts = [sum(o is True for o in a.choices.values()) for a in architectures]
        return [Value(float(count), self.unit, "modelled") for count in counts]

    def relaxed(
        self,
        relaxation: Relaxation,
        devices: Sequence[Device],
        context: Context,  # noqa: ARG002 - the weights tell
    ) -> Tensor:
        """Expected counts ``(D, A)``: the sum of what the gates are open."""
        yes = torch.tensor(
            [
                [k < len(c.options) and c.options[k] is True for k in range(width)]
                for width in [relaxation.choices.max_options]
                for c in relaxation.choices.choices
            ],
            dtype=relaxation.weights.dtype,
            device=relaxation.weights.device,
        )
        return (relaxation.weights * yes).sum((1, 2)).expand(len(devices), -1)
