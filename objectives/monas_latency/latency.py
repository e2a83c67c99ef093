"""Latency, read from a device; how a device knows it is the device's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.architecture import Architecture
from monas_core.context import Context
from monas_core.device import Device, require_metric
from monas_core.objective import Objective
from monas_core.values import Direction, Split, Value


class Latency(Objective):
    """Time of one inference of the device profile's batch, ms."""

    name: ClassVar[str] = "latency"
    short: ClassVar[str] = "lat"
    unit: str = "ms"
    direction: Direction = "min"
    device_metric: ClassVar[str | None] = "latency_ms"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """The device's best-founded latencies (measured where it can measure)."""
        return _offering(device).cost("latency_ms", architectures, context)

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """The device's cheap latencies."""
        return _offering(device).estimate("latency_ms", architectures, context)


def _offering(device: Device | None) -> Device:
    assert device is not None, "the evaluator passes a device to objectives with a device_metric"
    require_metric(device, "latency_ms", 'objective "latency"')
    return device
