"""Latency on a device."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.device_cost import DeviceCost


class Latency(DeviceCost):
    """Time of one inference of the device profile's batch, ms."""

    name: ClassVar[str] = "latency"
    short: ClassVar[str] = "lat"
    unit: str = "ms"
    metric: ClassVar[str] = "latency_ms"
