"""The smallest honest optimizer: random architectures, answers from what was evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from monas_core.parts.device import Device
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture

BATCH = 4


class ToyOptimizer(Optimizer):
    """Evaluates the two ends of the space, then whatever it has not seen, a few a step."""

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Begin with nothing seen."""
        self._problem, self._generator = problem, generator
        self._seen: list[Architecture] = []

    def step(self) -> StepReport:
        """Evaluate up to four architectures not seen before."""
        problem, meter = self._problem, self._problem.meter
        rows = problem.draw(32, self._generator)
        if not self._seen:
            rows = torch.cat([population.corners(problem.choices), rows])
        drawn = dict.fromkeys(population.decode(problem.choices, rows))
        fresh = [a for a in drawn if a not in self._seen][:BATCH]
        if meter.budget.unit == "evaluations":
            fresh = fresh[: max(1, int(meter.left))]
        if not fresh:
            return StepReport("exhausted", finished=True)
        self._seen += fresh
        problem.evaluator.matrix(fresh, problem.devices[0])
        return StepReport("looking")

    def propose(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, device: Device, wishes: Sequence[Any]
    ) -> list[Architecture]:
        """The best seen for each wish."""
        return best_known(self._problem, self._seen, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What was seen, and the generator."""
        rows = population.encode(self._problem.choices, self._seen)
        return {"seen": rows, "generator": self._generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue."""
        self._seen = population.decode(self._problem.choices, state["seen"])
        self._generator.set_state(state["generator"])
