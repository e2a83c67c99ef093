"""What is counted from the network alone, the same on every device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value


class Parameters(Objective):
    """Number of weights; tied weights count once."""

    name: ClassVar[str] = "params"
    short: ClassVar[str] = "params"
    unit: str = "params"
    direction: Direction = "min"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts."""
        counts = [context.workload(architecture).parameters for architecture in architectures]
        return [Value(float(count), self.unit, "modelled") for count in counts]


class Flops(Objective):
    """FLOPs of one inference of one sample: 2 per multiply-accumulate, matrix work only."""

    name: ClassVar[str] = "flops"
    short: ClassVar[str] = "flops"
    unit: str = "FLOP"
    direction: Direction = "min"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts of the operators that torch has a formula for."""
        counts = [context.workload(architecture).total_flops for architecture in architectures]
        return [Value(count, self.unit, "modelled") for count in counts]
