"""Devices that answer from published measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, require_metric
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_tables.values import Source


class TableDevice(Device):
    """A device of a published table, or of regressors fitted to one.

    Args:
        profile: Its description.
        sources: Values by name of metric.
    """

    instant: ClassVar[bool] = True

    def __init__(self, profile: DeviceProfile, sources: Mapping[str, Source]) -> None:
        self.profile = profile
        self.sources = dict(sources)
        self.metrics = frozenset(sources)

    def cost(
        self,
        metric: str,
        architectures: Sequence[Architecture],
        context: Context,  # noqa: ARG002 - the source knows its space
    ) -> list[Value]:
        """What the source says. Raises Unavailable where it says nothing."""
        require_metric(self, metric, "this problem")
        return self.sources[metric](architectures)
