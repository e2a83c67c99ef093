"""Memory, read from a device; how a device knows it is the device's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.architecture import Architecture
from monas_core.context import Context
from monas_core.device import Device, require_metric
from monas_core.objective import Objective
from monas_core.values import Direction, Split, Value


class Memory(Objective):
    """Weights and largest activation working set at the precision of a device, MB (10^6 bytes)."""

    name: ClassVar[str] = "memory"
    short: ClassVar[str] = "memory"
    unit: str = "MB"
    direction: Direction = "min"
    device_metric: ClassVar[str | None] = "memory_mb"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """The device's best-founded figures."""
        return _offering(device).cost("memory_mb", architectures, context)

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """The device's cheap figures."""
        return _offering(device).estimate("memory_mb", architectures, context)


def _offering(device: Device | None) -> Device:
    assert device is not None, "the evaluator passes a device to objectives with a device_metric"
    require_metric(device, "memory_mb", 'objective "memory"')
    return device
