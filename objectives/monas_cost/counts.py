"""What is counted from the network alone, the same on every device."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_cost.options import FlopsOptions

if TYPE_CHECKING:
    from monas_core.parts.context import Context
    from monas_core.parts.task import Task


class Counted(Objective):
    """A number that follows from the network alone."""

    direction: Direction = "min"

    @abstractmethod
    def count(self, architecture: Architecture, context: Context) -> float:
        """Of one architecture, in the unit of the objective."""

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """Exact counts."""
        counts = [self.count(architecture, context) for architecture in architectures]
        return [Value(float(count), self.unit, "modelled") for count in counts]


class Parameters(Counted):
    """Number of weights; tied weights count once."""

    name: ClassVar[str] = "params"
    short: ClassVar[str] = "params"
    unit: str = "params"

    def count(self, architecture: Architecture, context: Context) -> float:
        """Weights."""
        return context.workload(architecture).parameters


class Size(Counted):
    """Bytes of the weights as they are stored, MB (10^6 bytes): in float32, and in fewer bits where
    an architecture chooses so. Tied weights count once."""

    name: ClassVar[str] = "size"
    short: ClassVar[str] = "size"
    unit: str = "MB"

    def count(self, architecture: Architecture, context: Context) -> float:
        """Megabytes of weights, four bytes each where nothing else is chosen."""
        return context.workload(architecture).weight_bytes(4) / 1e6


class Flops(Counted):
    """FLOPs of one inference of one sample: 2 per multiply-accumulate, matrix work only.

    Args:
        task: Not needed.
        options: Whether multiply-accumulates are counted instead, half as many.
    """

    name: ClassVar[str] = "flops"
    short: ClassVar[str] = "flops"
    unit: str = "FLOP"

    def __init__(self, task: Task | None = None, options: FlopsOptions | None = None) -> None:
        super().__init__(task)
        self._each = 2 if options is not None and options.macs else 1
        if self._each == 2:
            self.unit = "MAC"

    def count(self, architecture: Architecture, context: Context) -> float:
        """Of the operators that torch has a formula for."""
        return context.workload(architecture).total_flops / self._each
