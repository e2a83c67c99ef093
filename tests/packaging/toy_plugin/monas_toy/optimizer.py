"""Local search from the best known architecture of a random wish."""

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
from monas_core.values.preference import Preference, sample_simplex
from monas_core.values.wish import Wish, wishes

BATCH = 4


class Climb(Optimizer):
    """Each step evaluates a few neighbours of what is best for a random wish and device."""

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Begin at the two ends of the space."""
        self._problem = problem
        self._generator = generator
        self._seen: dict[Architecture, None] = {}
        self._pending = population.decode(problem.choices, population.corners(problem.choices))

    def step(self) -> StepReport:
        """Evaluate up to four architectures not seen before."""
        fresh = self._pending or self._fresh()
        meter = self._problem.meter
        if meter.budget.unit == "evaluations":
            fresh = fresh[: max(1, int(meter.left))]
        if not fresh:
            return StepReport("exhausted", finished=True)
        self._pending = []
        self._seen.update(dict.fromkeys(fresh))
        self._problem.evaluator.matrix(fresh, self._problem.devices[0])
        return StepReport("climbing")

    def _fresh(self) -> list[Architecture]:
        problem, choices = self._problem, self._problem.choices
        pick = torch.randint(len(problem.devices), (), generator=self._generator)
        device, names = problem.devices[int(pick)], [o.short for o in problem.objectives]
        weights = sample_simplex((), len(names), 1.0, self._generator).tolist()
        wish = Preference(tuple(zip(names, weights, strict=True)))
        (best,) = self.propose(device, wishes([wish], problem.limits_on(device)))
        around = population.neighbours(choices, choices.to_indices(best))
        random = population.sample(choices, 64, self._generator)
        order = torch.randperm(len(around), generator=self._generator)
        rows = torch.cat([around[order], random])
        found = dict.fromkeys(population.decode(choices, rows))
        return [a for a in found if a not in self._seen][:BATCH]

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best known for each wish."""
        return best_known(self._problem, list(self._seen), device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What was seen, what is next, and the generator."""
        choices = self._problem.choices
        return {
            "seen": population.encode(choices, self._seen),
            "pending": population.encode(choices, self._pending),
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue."""
        choices = self._problem.choices
        self._seen = dict.fromkeys(population.decode(choices, state["seen"]))
        self._pending = population.decode(choices, state["pending"])
        self._generator.set_state(state["generator"])
