"""An objective that is the same on every device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value


class Traffic(Objective):
    """Tensor elements read and written by one inference, in thousands."""

    name: ClassVar[str] = "traffic"
    short: ClassVar[str] = "traffic"
    unit = "kilo-elements"
    direction: Direction = "min"

    def __init__(self, task: Any) -> None:
        self.task = task

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Counted from the kernels of one pass."""
        counts = [float(context.workload(a).elements.sum()) / 1e3 for a in architectures]
        return [Value(count, self.unit, "modelled") for count in counts]
