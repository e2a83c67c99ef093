"""Exact values of architectures on data that no search has seen; they count for nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.evaluator import Evaluator
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.front import Points, non_dominated


class Judge:
    """Evaluates with an evaluator of its own, so that no optimizer sees or pays for it."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._objectives = benchmark.objectives
        meter = Meter(Budget(1, "evaluations"))
        self._evaluator = Evaluator(Context(benchmark.space), self._objectives, meter)

    def points(self, architectures: Sequence[Architecture], device: Device) -> Points:
        """Minimised final values, ``(n, M)``."""
        columns = [
            [
                sign(objective) * value.value
                for value in self._evaluator.values(objective, architectures, device, "final")
            ]
            for objective in self._objectives
        ]
        return np.array(columns, dtype=np.float64).T.reshape(-1, len(columns))

    def front(self, architectures: Sequence[Architecture], device: Device) -> Points:
        """The non-dominated among them, ``(n, M)``, minimised."""
        points = self.points(architectures, device)
        return points[non_dominated(points)]
