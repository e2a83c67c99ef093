"""A device of which nothing but the reference measurements is known."""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value


class ReferenceOnly(Device):
    """Another device's profile and its costs of some architectures, nothing more.

    Args:
        device: What stands behind it.
        references: The architectures it may be asked about.
    """

    def __init__(self, device: Device, references: Sequence[Architecture]) -> None:
        self.profile = device.profile
        self.metrics = device.metrics
        self._device = device
        self._references = frozenset(references)

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """The device's values. Raises Unavailable for anything but the references."""
        self._refuse_others(architectures)
        return self._device.cost(metric, architectures, context)

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """The device's cheap values. Raises Unavailable for anything but the references."""
        self._refuse_others(architectures)
        return self._device.estimate(metric, architectures, context)

    def _refuse_others(self, architectures: Sequence[Architecture]) -> None:
        for architecture in architectures:
            if architecture not in self._references:
                raise Unavailable(
                    f'Of the held-out device "{self.name}" only the {len(self._references)} '
                    "reference measurements are known; a value for another architecture must "
                    "be predicted from them."
                )
