"""Random search, the rival every method has to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from monas_blackbox.known import best_known
from monas_core import population
from monas_core.architecture import Architecture
from monas_core.device import Device
from monas_core.errors import UsageError
from monas_core.optimizer import Optimizer, StepReport
from monas_core.preference import Preference
from monas_core.problem import Problem
from monas_core.state import generator_from


@attrs.frozen
class Options:
    """Options of random search.

    Attributes:
        batch: Architectures evaluated per step.
    """

    batch: int = 8

    def __attrs_post_init__(self) -> None:
        if self.batch < 1:
            raise UsageError(f"options.optimizer.batch must be at least 1, got {self.batch}.")


class RandomSearch(Optimizer):
    """Evaluates distinct random architectures; a quality value serves every device."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem."""
        self._problem = problem
        self._generator = generator
        self._seen: dict[Architecture, None] = {}

    def step(self) -> StepReport:
        """Evaluate one batch of architectures not seen before."""
        meter = self._problem.meter
        count = self.options.batch
        if meter.budget.unit == "evaluations":
            count = min(count, max(1, int(meter.left)))
        drawn = population.sample_distinct(
            self._problem.choices, 4 * self.options.batch, self._generator
        )
        fresh = [a for a in population.decode(self._problem.choices, drawn) if a not in self._seen]
        fresh = fresh[:count]
        if not fresh:
            return StepReport("exhausted", finished=True)
        self._seen.update(dict.fromkeys(fresh))
        for objective in self._problem.objectives:
            if objective.query:
                self._problem.evaluator.values(objective, fresh, None)
        return StepReport("sampling")

    def propose(self, device: Device, preferences: Sequence[Preference]) -> list[Architecture]:
        """The best known architecture for each preference."""
        return best_known(self._problem, list(self._seen), device, preferences)

    def state_dict(self) -> dict[str, Any]:
        """Generator and what was seen."""
        seen = population.encode(self._problem.choices, self._seen)
        return {"generator": self._generator.get_state(), "seen": seen}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator = generator_from(state["generator"])
        self._seen = dict.fromkeys(population.decode(self._problem.choices, state["seen"]))
