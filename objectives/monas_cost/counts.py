"""What is counted from the network alone, the same on every device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_cost.options import FlopsOptions


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


class Size(Objective):
    """Bytes of the weights as they are stored, MB (10^6 bytes): in float32, and in fewer bits where
    an architecture chooses so. Tied weights count once."""

    name: ClassVar[str] = "size"
    short: ClassVar[str] = "size"
    unit: str = "MB"
    direction: Direction = "min"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts."""
        sizes = [context.workload(architecture).weight_bytes(4) for architecture in architectures]
        return [Value(size / 1e6, self.unit, "modelled") for size in sizes]


class Flops(Objective):
    """FLOPs of one inference of one sample: 2 per multiply-accumulate, matrix work only.

    Args:
        task: Not needed.
        options: Whether multiply-accumulates are counted instead, half as many.
    """

    name: ClassVar[str] = "flops"
    short: ClassVar[str] = "flops"
    unit: str = "FLOP"
    direction: Direction = "min"

    def __init__(self, task: Task | None = None, options: FlopsOptions | None = None) -> None:
        super().__init__(task)
        self._each = 2 if options is not None and options.macs else 1
        if self._each == 2:
            self.unit = "MAC"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts of the operators that torch has a formula for."""
        flops = (context.workload(architecture).total_flops for architecture in architectures)
        counts = [number / self._each for number in flops]
        return [Value(count, self.unit, "modelled") for count in counts]
