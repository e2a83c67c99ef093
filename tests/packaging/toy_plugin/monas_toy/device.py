"""A modelled device: a fixed price per kernel, per operation and per element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, Figure
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

SOURCE = "assumed for this example"


class ToyBoard(Device):
    """Slow at everything, and honest about it."""

    metrics = frozenset({"latency_ms", "energy_mj"})
    units: ClassVar[dict[str, str]] = {"latency_ms": "ms", "energy_mj": "mJ"}

    def __init__(self) -> None:
        self.profile = DeviceProfile(
            name="toy-board",
            processor="Toy-1",
            runtime="toy runtime 1.0",
            precision="fp32",
            batch=1,
            origin="modelled",
            kind="edge",
            figures={
                "arithmetic": Figure(1e8, "FLOP/s", SOURCE),
                "bandwidth": Figure(1e7, "elements/s", SOURCE),
                "launch": Figure(1e-5, "s", SOURCE),
                "power": Figure(0.5, "W", SOURCE),
            },
            date="2024-01-01",
        )

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Time, or time multiplied by power."""
        if metric not in self.metrics:
            raise Unavailable(f"toy-board cannot give {metric}.")
        figures = {name: figure.value for name, figure in self.profile.figures.items()}
        found: list[Value] = []
        for architecture in architectures:
            work = context.workload(architecture, self.profile.batch)
            seconds = (
                work.total_flops / figures["arithmetic"]
                + float(work.elements.sum()) / figures["bandwidth"]
                + len(work.elements) * figures["launch"]
            )
            scale = 1e3 if metric == "latency_ms" else 1e3 * figures["power"]
            found.append(Value(scale * seconds, self.units[metric], "modelled"))
        return found
