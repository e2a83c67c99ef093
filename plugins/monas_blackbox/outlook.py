"""A genetic search on predicted points, which recommends what to evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from monas_blackbox.foresight import Foresight
from monas_blackbox.ledger import Ledger
from monas_blackbox.ranking import ranks, thinned
from monas_blackbox.views import Column, View
from monas_core.errors import UsageError
from monas_core.problem.optimizer import StepReport
from monas_core.values import population
from monas_core.values.front import Scale

POPULATION = 100
"""Survivors of predicted generations where the options name none (arXiv 2303.13683)."""
_BROODS = 5
"""Children per survivor and generation: predictions are cheap, generations are not."""
_AT_ONCE = 4
"""Generations in one step, so that stopping between two feels immediate."""


class Outlook:
    """Rounds of: learn from what is evaluated, search what is predicted, recommend its front.

    Predicted values stay in here; what is recommended is evaluated like anything else.

    Args:
        algorithm: As for ``breeding.generation``.
        ledger: What is evaluated.
        views: Searched one after the other.
        size: Survivors of a predicted generation.
        candidates: Architectures judged in a round, in all views together.

    Attributes:
        queue: Recommended and not evaluated yet, ``(n, C)``.
    """

    def __init__(
        self, algorithm: str, ledger: Ledger, views: Sequence[View], size: int, candidates: int
    ) -> None:
        if any(objective.population_relative for objective in ledger.problem.objectives):
            raise UsageError(
                "options.optimizer.quality: predictor cannot predict an objective that depends on "
                "the other architectures; leave it out, or choose evaluated."
            )
        self._algorithm, self._ledger, self._views = algorithm, ledger, tuple(views)
        self._size, self._candidates = size, candidates
        self._foresight = Foresight(ledger.problem, views)
        self.queue = ledger.rows[:0]
        self._pool = ledger.rows[:0]
        self._fitted, self._place, self._judged = False, 0, 0

    def step(self, generator: torch.Generator) -> StepReport:
        """Learn, or breed some predicted generations."""
        if not self._fitted:
            self._foresight.fit(self._ledger, generator)
            self._fitted, self._place, self._judged = True, 0, 0
            self._pool = self._ledger.rows
            return StepReport("fitting")
        share = -(-self._candidates // len(self._views))
        for _ in range(_AT_ONCE):
            if not self._advance(share, generator):
                self._recommend()
                break
        return StepReport("foreseeing", {"judged": float(self._judged)})

    def take(self, count: int) -> Tensor:
        """The next rows of the queue."""
        fresh = self._ledger.fresh(self.queue)
        self.queue = fresh[count:]
        return fresh[:count]

    def state_dict(self) -> dict[str, Any]:
        """The predictors and how far the round is."""
        return {
            "foresight": self._foresight.state_dict(),
            "queue": self.queue,
            "pool": self._pool,
            "fitted": self._fitted,
            "place": self._place,
            "judged": self._judged,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._foresight.load_state_dict(state["foresight"])
        self._foresight.settle()
        self.queue, self._pool = state["queue"], state["pool"]
        self._fitted, self._place = state["fitted"], state["place"]
        self._judged = state["judged"]

    def _advance(self, share: int, generator: torch.Generator) -> bool:
        """One generation; whether there may be another."""
        from monas_blackbox.breeding import generation  # pymoo comes with an extra

        points = self._foresight.points(self._pool, self._place)
        seed = int(torch.randint(2**31, (), generator=generator))
        left = min(_BROODS * self._size, share - self._judged)
        known = Imagined(self._ledger, self._views[self._place], self._pool)
        alive, brood = generation(self._algorithm, known, points, self._size, left, seed)
        self._pool = torch.cat([alive, brood])
        self._judged += len(brood)
        return len(brood) > 0 and self._judged < share

    def _recommend(self) -> None:
        """The view's predicted front, as many as a round may evaluate; then the next view."""
        points = self._foresight.points(self._pool, self._place)
        misses = Imagined(self._ledger, self._views[self._place], self._pool).misses
        front = np.flatnonzero(ranks(points, misses) == 0)
        meter = self._ledger.problem.meter
        round_size = self._size
        if meter.budget.unit == "evaluations":
            round_size = max(self._size, int(meter.left) // 2)
        most = max(1, round_size // len(self._views))
        if len(front) > most:
            seen = points[front]
            scale = Scale(seen.min(axis=0).tolist(), seen.max(axis=0).tolist())
            front = front[thinned(scale.apply(seen), most)]
        self.queue = torch.cat([self.queue, self._pool[torch.from_numpy(front)]])
        self._place, self._judged, self._pool = self._place + 1, 0, self._ledger.rows
        if self._place == len(self._views):
            self._fitted = False
            self.queue = self._ledger.fresh(self.queue)

    @property
    def ready(self) -> bool:
        """Whether a round is over and its recommendations wait for evaluation."""
        return not self._fitted and len(self.queue) > 0

    @property
    def barren(self) -> bool:
        """Whether a round is over that recommended nothing new."""
        return not self._fitted and self._place == len(self._views) and len(self.queue) == 0


class Bred:
    """What was evaluated, as breeding for a view wants to be told of it."""

    def __init__(self, ledger: Ledger, view: View) -> None:
        self._ledger, self._view = ledger, view
        self.problem, self.rows = ledger.problem, ledger.rows

    @property
    def misses(self) -> Column:
        """By how much each misses the limits of the view, ``(n,)``."""
        return self._view.misses(self._ledger)

    def fresh(self, rows: Tensor) -> Tensor:
        """The distinct rows that are not evaluated and worth it under the limits, in order."""
        return self._view.inside(self._ledger.fresh(rows))


class Imagined(Bred):
    """Architectures that were only predicted, as breeding wants to be told of them.

    Args:
        ledger: What is evaluated: it is not bred again.
        view: For which they are predicted; of its limits those count that cost no query.
        rows: ``(n, C)``.
    """

    def __init__(self, ledger: Ledger, view: View, rows: Tensor) -> None:
        super().__init__(ledger, view)
        self.rows = rows
        self._present = set(map(tuple, rows.tolist()))

    @property
    def misses(self) -> Column:
        """By how much each misses the limits that cost no query, ``(n,)``."""
        if not self._view.limits:
            return np.zeros(len(self.rows))
        return self._view.free_misses(population.decode(self.problem.choices, self.rows))

    def fresh(self, rows: Tensor) -> Tensor:
        """The distinct rows that are neither evaluated nor among these, in order."""
        new = super().fresh(population.unique_rows(rows))
        kept = [row not in self._present for row in map(tuple, new.tolist())]
        return new[torch.tensor(kept, dtype=torch.bool)]
