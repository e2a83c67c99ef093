"""The smallest honest benchmark: toy formulas, of which some rows are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.benchmark import Benchmark
from monas_core.testing.fake_costs import ToyDevice, ToyLatency, ToyQuality
from monas_core.testing.fake_space import ToySpace
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.value import Split, Value

LEFT_OUT = 5
"""One row in so many is missing."""


class GappySpace(ToySpace):
    """The toy space; whether a row is there depends on the sum of its answers."""

    def available(self, rows: Tensor) -> Tensor:
        """Whether a row is there, ``(n,)`` bool."""
        return rows.sum(dim=1) % LEFT_OUT != LEFT_OUT - 1

    def references(self) -> list[Architecture]:
        """The first ten rows that are there."""
        rows = population.encode(self.choices, self.choices.enumerate())
        return population.decode(self.choices, rows[self.available(rows)][:10])


class GappyQuality(ToyQuality):
    """The toy quality, where there is a row."""

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Exact. Raises Unavailable, naming the first that is missing."""
        there = context.space.available(population.encode(context.space.choices, architectures))
        for architecture, known in zip(architectures, there.tolist(), strict=True):
            if not known:
                raise Unavailable(f"There is no row for architecture {architecture.key}.")
        return super().evaluate(architectures, device, context, split)


class ToyBenchmark(Benchmark):
    """78 architectures, three devices, an exact front; no file is read."""

    name: ClassVar[str] = "toy-benchmark"

    def __init__(self, data: Path) -> None:
        self.data = data
        self.space = GappySpace()
        self.objectives = (GappyQuality(), ToyLatency())
        self.devices: Mapping[str, Device] = {
            name: ToyDevice(name, power=power)
            for name, power in (("toy-a", 1.5), ("toy-b", 0.8), ("toy-c", 1.1))
        }
        self.search_devices, self.held_out = ("toy-a", "toy-b"), ("toy-c",)

    def scale(self, device: Device) -> Scale:
        """Least and largest final values of all rows."""
        points = self._points(device)
        return Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist(), reference=1.0)

    def true_front(self, device: Device) -> Points:
        """By enumeration."""
        points = self._points(device)
        return points[non_dominated(points)]

    def facts(self) -> Mapping[str, Any]:
        """How many rows there are."""
        return {"rows": len(self._rows())}

    def _rows(self) -> list[Architecture]:
        rows = population.encode(self.space.choices, self.space.choices.enumerate())
        return population.decode(self.space.choices, rows[self.space.available(rows)])

    def _points(self, device: Device) -> Points:
        """Minimised final values of all rows, ``(n, 2)``."""
        rows, context = self._rows(), Context(self.space)
        columns = [
            [sign(o) * v.value for v in o.evaluate(rows, device, context, "final")]
            for o in self.objectives
        ]
        return torch.tensor(columns, dtype=torch.float64).T.numpy()
