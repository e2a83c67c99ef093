"""Memory on a device."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.device_cost import DeviceCost


class Memory(DeviceCost):
    """Weights and largest activation working set at a device's precision, MB (10^6 bytes)."""

    name: ClassVar[str] = "memory"
    short: ClassVar[str] = "memory"
    unit: str = "MB"
    metric: ClassVar[str] = "memory_mb"
