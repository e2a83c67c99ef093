"""The frame of searches that evaluate a batch per step: budget, availability, checkpoints."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.rival import Rival
from monas_blackbox.views import View
from monas_core.problem.optimizer import StepReport
from monas_core.values.budget import Budget


class SharedSearch(Rival):
    """Evaluates a start, then what ``candidates`` names for one view after the other.

    Everything evaluated is known to every view. What a view does next follows from the
    evaluated architectures and the generator alone, so nothing else needs to be saved.
    """

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
        initial, batch = self.sizes(self._problem.meter.budget)
        missing = initial - len(self._ledger)
        count = self._ledger.allowance(min(batch, missing) if missing > 0 else batch)
        if missing > 0:
            views = self._views
            wanted = self._problem.ends
        else:
            views = [self._next_view()]
            wanted = self.candidates(self._ledger, views[0], count, self._generator)
        # what misses a limit that can be checked for nothing is not worth a query
        rows, inside = self._inside_first(self._ledger.fresh(wanted), views)
        if inside < count:
            rows = self._ledger.fresh(torch.cat([rows, self._drawn(count, views)]))
            rows, _ = self._inside_first(rows, views)
        rows = rows[:count]
        if len(rows) == 0:
            return StepReport("exhausted", finished=True)
        self._ledger.evaluate(rows)
        return StepReport("sampling" if missing > 0 else "searching")

    def state_dict(self) -> dict[str, Any]:
        """Generator, turn and what was evaluated."""
        return {
            "generator": self._generator.get_state(),
            "turn": self._turn,
            "rows": self._ledger.rows,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._turn = state["turn"]
        self._ledger.restore(state["rows"])
