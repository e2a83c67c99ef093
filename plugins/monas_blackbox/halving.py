"""Asynchronous successive halving for several objectives, on the share of data that judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from monas_blackbox.fidelity import Fidelity
from monas_blackbox.ranking import best_first
from monas_blackbox.rival import Rival
from monas_blackbox.rung import Rung
from monas_blackbox.views import Across
from monas_core.problem.optimizer import StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.bounds import within


@attrs.frozen
class Options:
    """Options of successive halving.

    Attributes:
        across: ``each`` promotes for the devices in turns; ``joint`` promotes by the mean cost
            over devices.
        factor: One in so many architectures of a rung is promoted, and sees so many times
            more samples there.
        rungs: Rungs below the complete evaluation.
        batch: Architectures judged per step.
    """

    across: Across = "each"
    factor: int = 3
    rungs: int = 2
    batch: int = 16

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 2, factor=self.factor)
        within("options.optimizer", 1, rungs=self.rungs, batch=self.batch)


class SuccessiveHalving(Rival):
    """Many random architectures judged by few samples, the best third by three times more.

    MO-ASHA (Schmucker et al., 2021): the promoted are chosen by non-dominated rank, then
    crowding. Fidelity is the number of samples of the search part that the inherited weights
    are judged by; only the last rung, a complete evaluation, gives values that answers use.
    A budget of evaluations is charged for the rungs below by their share of the samples.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__(self.options.across)

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem.

        Raises:
            UsageError: There is no supernet, so nothing is cheaper than a full evaluation.
        """
        super().start(problem, generator)
        self._fidelity = Fidelity(problem.context)
        heights = range(self.options.rungs, 0, -1)
        self._rungs = [
            Rung(self.options.factor**-height, len(problem.choices)) for height in heights
        ]

    def step(self) -> StepReport:
        """Promote to the highest rung that has room, else sample."""
        for level in reversed(range(len(self._rungs))):
            room = len(self._rungs[level]) // self.options.factor - len(self._above(level))
            if room > 0:
                return self._promote(level, room)
        rows = self._draw()
        if len(rows):
            return self._climb(0, rows, "sampling")
        for level in reversed(range(len(self._rungs))):  # the whole space is on the first rung
            if len(self._rungs[level]) > len(self._above(level)):
                return self._promote(level, self.options.batch)
        return StepReport("exhausted", finished=True)

    def _above(self, level: int) -> Tensor:
        """Rows of the rung above, ``(n, C)``; above the last one everything is evaluated."""
        if level + 1 < len(self._rungs):
            return self._rungs[level + 1].rows
        return self._ledger.rows

    def _draw(self) -> Tensor:
        """Rows that no rung has seen: the two ends of the space, then random ones."""
        count = self.options.batch
        ends = self._ledger.fresh(self._problem.ends)
        drawn = self._drawn(count, self._views)
        rows, _ = self._inside_first(torch.cat([ends, drawn]), self._views)
        return population.unique_rows(rows)[:count]

    def _promote(self, level: int, room: int) -> StepReport:
        """Move the best rows of a rung that are not above it yet, by the next view."""
        rung, view = self._rungs[level], self._next_view()
        architectures = population.decode(self._problem.choices, rung.rows)
        points = view.assembled(architectures, np.array(rung.losses))
        order = best_first(points, view.free_misses(architectures))
        above = set(map(tuple, self._above(level).tolist()))
        rows = rung.rows[torch.from_numpy(order)]
        waiting = [tuple(row) not in above for row in rows.tolist()]
        rows = rows[torch.tensor(waiting)][: min(room, self.options.batch)]
        return self._climb(level + 1, rows, "promoting")

    def _climb(self, level: int, rows: Tensor, phase: str) -> StepReport:
        """Judge rows on a rung, as many as the budget allows."""
        share = self._rungs[level].share if level < len(self._rungs) else 1.0
        rows = rows[: self._affordable(share)]
        if len(rows) == 0:
            return StepReport("spent", finished=True)
        if level == len(self._rungs):
            self._ledger.evaluate(rows)
            return StepReport("evaluating")
        architectures = population.decode(self._problem.choices, rows)
        self._ledger.reserve(rows)
        self._rungs[level].add(rows, self._fidelity.losses(architectures, share).tolist())
        return StepReport(phase)

    def _affordable(self, share: float) -> int:
        """How many evaluations on a share of the samples the budget allows now."""
        meter = self._problem.meter
        if meter.budget.unit != "evaluations":
            return self.options.batch
        below = sum(len(rung) * rung.share for rung in self._rungs)
        # rounding must not eat the last evaluation
        return int((meter.left - below) / share + 1e-6)

    def state_dict(self) -> dict[str, Any]:
        """Generator, turn, rungs and what was evaluated."""
        return {
            "generator": self._generator.get_state(),
            "turn": self._turn,
            "rows": self._ledger.rows,
            "rungs": [{"rows": rung.rows, "losses": rung.losses} for rung in self._rungs],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._turn = state["turn"]
        self._ledger.restore(state["rows"])
        for rung, saved in zip(self._rungs, state["rungs"], strict=True):
            rung.add(saved["rows"], saved["losses"])
            self._ledger.reserve(saved["rows"])
