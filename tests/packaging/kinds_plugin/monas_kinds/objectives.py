"""Two objectives: a count that no device changes, and a price that follows from a device's time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.bounds import positive
from monas_core.values.value import Direction, Split, Value


class Kernels(Objective):
    """Kernels that one inference launches."""

    name: ClassVar[str] = "kernels"
    short: ClassVar[str] = "kernels"
    unit = "kernels"
    direction: Direction = "min"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Counted in one traced pass."""
        counts = [len(context.workload(architecture).elements) for architecture in architectures]
        return [Value(float(count), self.unit, "modelled") for count in counts]


@attrs.frozen
class RentOptions:
    """What the device is rented for.

    Attributes:
        cents_per_hour: Price of an hour.
    """

    cents_per_hour: float = 40.0

    def __attrs_post_init__(self) -> None:
        positive("options.objective.rent", cents_per_hour=self.cents_per_hour)


class Rent(Objective):
    """Price of a million inferences, one after the other."""

    name: ClassVar[str] = "rent"
    short: ClassVar[str] = "rent"
    device_metric: ClassVar[str | None] = "latency_ms"
    unit = "cent"
    direction: Direction = "min"

    def __init__(self, task: Any = None, *, options: RentOptions | None = None) -> None:
        self._cents_per_ms = (options or RentOptions()).cents_per_hour / 3_600_000

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """From what the device says of its time."""
        assert device is not None
        return self._priced(device.cost("latency_ms", architectures, context))

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """From what the device guesses of its time."""
        assert device is not None
        return self._priced(device.estimate("latency_ms", architectures, context))

    def _priced(self, times: Sequence[Value]) -> list[Value]:
        return [
            Value(1e6 * time.value * self._cents_per_ms, self.unit, time.origin) for time in times
        ]
