"""A device with a table of kernels, and a rougher rule for guessing."""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, Figure
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

SOURCE = "assumed for this example"
_LAUNCH_US = 9.0
_STEPS = ((1e4, 4.0), (1e6, 60.0), (float("inf"), 900.0))
"""FLOPs of a kernel up to which it takes so many microseconds beyond its launch."""


class CoopPhone(Device):
    """Knows latency only; what it guesses is a line through what it knows."""

    metrics = frozenset({"latency_ms"})

    def __init__(self) -> None:
        self.profile = DeviceProfile(
            name="coop-phone",
            processor="Coop-2",
            runtime="coop nn 2",
            precision="int8",
            batch=1,
            origin="tabulated",
            kind="phone",
            figures={"launch": Figure(_LAUNCH_US, "us", SOURCE)},
            date="2025-03-01",
        )

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """The sum of a row per kernel, interpolated by its FLOPs."""
        self._check(metric)
        found: list[Value] = []
        for architecture in architectures:
            flops = context.workload(architecture).flops.tolist()
            micros = sum(_LAUNCH_US + _row(count) for count in flops)
            found.append(Value(micros / 1e3, "ms", "tabulated"))
        return found

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """All kernels at the price of an average one."""
        self._check(metric)
        found: list[Value] = []
        for architecture in architectures:
            work = context.workload(architecture)
            count = len(work.flops)
            micros = count * (_LAUNCH_US + _row(work.total_flops / count))
            found.append(Value(micros / 1e3, "ms", "predicted"))
        return found

    def _check(self, metric: str) -> None:
        if metric not in self.metrics:
            raise Unavailable(f"coop-phone has no table of {metric}.")


def _row(flops: float) -> float:
    """Microseconds of a kernel: between two rows of the table in proportion."""
    least, base = 0.0, 1.0
    for most, micros in _STEPS:
        if flops <= most:
            share = (flops - least) / (most - least) if most < float("inf") else flops / 1e8
            return base + share * (micros - base)
        least, base = most, micros
    return base
