"""Where the only front of a run lies that reads no device."""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, require_metric
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

ANY = "any"
"""Its name, which no plugin offers."""


class AnyDevice(Device):
    """Stands for every device alike: it gives no costs, since nothing asks for one."""

    metrics = frozenset()

    def __init__(self) -> None:
        self.profile = DeviceProfile(ANY, "any", "any", "fp32", 1, "modelled", kind="any")

    def cost(
        self,
        metric: str,
        architectures: Sequence[Architecture],  # noqa: ARG002 - none of them has a cost
        context: Context,  # noqa: ARG002
    ) -> list[Value]:
        """Nothing can be had. Raises Unavailable."""
        require_metric(self, metric, "this cost")
        return []
