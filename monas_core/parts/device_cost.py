"""Objectives that a device answers: what it costs there is the device's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from monas_core.parts.device import Device, require_metric
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value

if TYPE_CHECKING:
    from monas_core.parts.context import Context


class DeviceCost(Objective):
    """Reads one metric of a device; a subclass names it and nothing else.

    Attributes:
        metric: Name of the device metric (``latency_ms``).
    """

    metric: ClassVar[str]
    direction: Direction = "min"

    def __init_subclass__(cls) -> None:
        cls.device_metric = cls.metric

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs do not depend on data
    ) -> list[Value]:
        """The device's best-founded values (measured where it can measure)."""
        return self._offering(device).cost(self.metric, architectures, context)

    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Context
    ) -> list[Value]:
        """The device's cheap values."""
        return self._offering(device).estimate(self.metric, architectures, context)

    def _offering(self, device: Device | None) -> Device:
        assert device is not None, "the evaluator passes a device where device_metric is set"
        require_metric(device, self.metric, f'objective "{self.name}"')
        return device
