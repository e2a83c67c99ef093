"""The frame of every search here: turns, budget, availability, answers and checkpoints."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_blackbox.known import best_known, best_portfolio
from monas_blackbox.ledger import Ledger
from monas_blackbox.views import Across, View, views
from monas_core import population
from monas_core.architecture import Architecture
from monas_core.budget import Budget
from monas_core.device import Device
from monas_core.optimizer import Optimizer, StepReport
from monas_core.preference import Preference
from monas_core.problem import Problem
from monas_core.state import generator_from


class SharedSearch(Optimizer):
    """Evaluates a start, then what ``candidates`` names for one view after the other.

    Everything evaluated is known to every view. What a view does next follows from the
    evaluated architectures and the generator alone, so nothing else needs to be saved.

    Args:
        across: How several devices are searched.
    """

    def __init__(self, across: Across) -> None:
        self._across: Across = across

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem."""
        self._problem = problem
        self._generator = generator
        self._ledger = Ledger(problem)
        self._views = views(problem, self._across)
        self._turn = 0
        self._initial, self._batch = self.sizes(problem.meter.budget)

    @abstractmethod
    def sizes(self, budget: Budget) -> tuple[int, int]:
        """Architectures evaluated before ``candidates`` is asked, and per step.

        The first are the two ends of the space, where an ordered space has its extreme
        costs, then random ones.
        """

    @abstractmethod
    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Rows ``(n, C)`` to evaluate next, best first; ``count`` of the fresh ones will be.

        Where there are fewer, random ones are added.
        """

    def step(self) -> StepReport:
        """Evaluate one batch of architectures not seen before."""
        missing = self._initial - len(self._ledger)
        count = self._ledger.allowance(min(self._batch, missing) if missing > 0 else self._batch)
        if missing > 0:
            wanted = population.corners(self._problem.choices)
        else:
            view = self._views[self._turn % len(self._views)]
            self._turn += 1
            wanted = self.candidates(self._ledger, view, count, self._generator)
        rows = self._ledger.fresh(wanted)[:count]
        if len(rows) < count:
            drawn = self._ledger.draw(count, self._generator)
            rows = self._ledger.fresh(torch.cat([rows, drawn]))[:count]
        if len(rows) == 0:
            return StepReport("exhausted", finished=True)
        self._ledger.evaluate(rows)
        return StepReport("sampling" if missing > 0 else "searching")

    def propose(self, device: Device, preferences: Sequence[Preference]) -> list[Architecture]:
        """The best known architecture for each preference."""
        return best_known(self._problem, self._ledger.architectures, device, preferences)

    def portfolio(
        self,
        device: Device,
        size: int,
        preferences: Sequence[Preference],  # noqa: ARG002 - chosen as a set, not one by one
    ) -> list[Architecture]:
        """The evaluated architectures with the largest hypervolume together."""
        return best_portfolio(self._problem, self._ledger.architectures, device, size)

    def state_dict(self) -> dict[str, Any]:
        """Generator, turn and what was evaluated."""
        return {
            "generator": self._generator.get_state(),
            "turn": self._turn,
            "rows": self._ledger.rows,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator = generator_from(state["generator"])
        self._turn = state["turn"]
        self._ledger.restore(state["rows"])
