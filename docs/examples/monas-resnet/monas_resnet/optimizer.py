"""Hill climbing under limits: what misses a limit is not worth an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from monas_core.parts.device import Device
from monas_core.problem.evaluated import Evaluated
from monas_core.problem.feasibility import free_misses
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.bounds import within
from monas_core.values.preference import Preference, sample_simplex
from monas_core.values.wish import Wish

DRAWN = 32
"""Random architectures that are looked at where a summit has no neighbour left."""


@attrs.frozen
class Options:
    """Options of hill climbing.

    Attributes:
        batch: Neighbours evaluated per step.
    """

    batch: int = 4

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 1, batch=self.batch)


class HillClimber(Optimizer):
    """Each step takes a device and a random wish, and looks around the best that is known for it.

    Limits on what costs no evaluation (latency, weights) are asked before anything is evaluated:
    neighbours that meet them come first, and where none does, those that miss them least.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Nothing is known yet."""
        self._problem = problem
        self._generator = generator
        self._known = Evaluated(problem)

    def step(self) -> StepReport:
        """Evaluate some architectures that were not seen before."""
        first = len(self._known) == 0
        wanted = self._problem.ends if first else self._around()
        if not len(wanted):
            return StepReport("exhausted", finished=True)
        self._known.add(wanted, 2 if first else self.options.batch)
        return StepReport("climbing")

    def _around(self) -> Tensor:
        """New rows, the most promising first; none where the space is used up."""
        problem, choices = self._problem, self._problem.choices
        place = torch.randint(len(problem.devices), (), generator=self._generator)
        device = problem.devices[int(place)]
        (best,) = self.propose(device, [self._wish(device)])
        near = population.neighbours(choices, choices.to_indices(best))
        order = torch.randperm(len(near), generator=self._generator)
        rows = self._known.fresh(near[order])
        if not len(rows):
            rows = self._known.draw(DRAWN, self._generator)
        misses = free_misses(problem, population.decode(choices, rows), device)
        return rows[torch.from_numpy(np.argsort(misses, kind="stable"))]

    def _wish(self, device: Device) -> Wish:
        names = [objective.short for objective in self._problem.objectives]
        weights = sample_simplex((), len(names), 1.0, self._generator).tolist()
        preference = Preference(tuple(zip(names, weights, strict=True)))
        return Wish(preference, self._problem.limits_on(device))

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best known for each wish, within its limits if anything known is."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What was evaluated, and the generator."""
        return {"rows": self._known.rows, "generator": self._generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue."""
        self._known.restore(state["rows"])
        self._generator.set_state(state["generator"])
