"""Energy, read from a device; how a device knows it is the device's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.architecture import Architecture
from monas_core.context import Context
from monas_core.device import Device, require_metric
from monas_core.objective import Objective
from monas_core.values import Direction, Split, Value


class Energy(Objective):
    """Energy of one inference of the device profile's batch, mJ."""

    name: ClassVar[str] = "energy"
    short: ClassVar[str] = "energy"
    unit: str = "mJ"
    direction: Direction = "min"
    device_metric: ClassVar[str | None] = "energy_mj"

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """The device's best-founded energies (measured where it can measure)."""
        return _offering(device).cost("energy_mj", architectures, context)

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """The device's cheap energies."""
        return _offering(device).estimate("energy_mj", architectures, context)


def _offering(device: Device | None) -> Device:
    assert device is not None, "the evaluator passes a device to objectives with a device_metric"
    require_metric(device, "energy_mj", 'objective "energy"')
    return device
