"""Energy on a device."""

from __future__ import annotations

from typing import ClassVar

from monas_core.parts.device_cost import DeviceCost


class Energy(DeviceCost):
    """Energy of one inference of the device profile's batch, mJ."""

    name: ClassVar[str] = "energy"
    short: ClassVar[str] = "energy"
    unit: str = "mJ"
    metric: ClassVar[str] = "energy_mj"
