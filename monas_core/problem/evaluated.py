"""What a search has evaluated, and what it evaluates next."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation

_EXHAUSTED = 200
"""Random draws in vain after which a space counts as used up."""


def unseen(problem: Problem, rows: Tensor, seen: set[tuple[int, ...]]) -> Tensor:
    """The distinct rows of ``(n, C)`` that are not seen and can be evaluated, in order."""
    distinct = population.unique_rows(rows)
    new = [tuple(row) not in seen for row in distinct.tolist()]
    distinct = distinct[torch.tensor(new, dtype=torch.bool)]
    return distinct[problem.available(distinct)]


class Evaluated:
    """Architectures with known quality, in order.

    Attributes:
        rows: A population, ``(n, C)``.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows = torch.empty(0, len(problem.choices), dtype=torch.int64)
        self._seen: set[tuple[int, ...]] = set()
        self._quality: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def architectures(self) -> list[Architecture]:
        """The same as architectures."""
        return population.decode(self.problem.choices, self.rows)

    def add(self, wanted: Tensor, most: int) -> int:
        """Evaluate up to ``most`` of some rows that are new and can be; how many that were."""
        meter = self.problem.meter
        if meter.budget.unit == "evaluations":
            most = min(most, max(0, int(meter.left)))
        fresh = self.fresh(wanted)[:most]
        found = population.decode(self.problem.choices, fresh)
        for objective in self.problem.objectives:
            if objective.query and found:
                self.problem.evaluator.values(objective, found, None)
        self.restore(torch.cat([self.rows, fresh]))
        return len(fresh)

    def fresh(self, rows: Tensor) -> Tensor:
        """The distinct rows that are new and can be evaluated, in order."""
        return unseen(self.problem, rows, self._seen)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Up to ``count`` new random rows; none where the space seems used up."""
        for attempt in (4 * count, _EXHAUSTED):
            found = self.fresh(self.problem.draw(attempt, generator))
            if len(found) >= count:
                break
        return found[:count]

    def restore(self, rows: Tensor) -> None:
        """Take rows whose values the evaluator knows."""
        self.rows = rows
        self._seen = set(map(tuple, rows.tolist()))
        self._quality = None

    def quality(self) -> Tensor:
        """The mean of the queried objectives, each standardised and minimised, ``(n,)``.

        Zero where nothing is queried.
        """
        if self._quality is None:
            self._quality = self._standardised()
        return self._quality

    def _standardised(self) -> Tensor:
        columns: list[Tensor] = []
        found = self.architectures
        for objective in self.problem.objectives:
            if objective.query:
                values = self.problem.evaluator.values(objective, found, None)
                column = torch.tensor([sign(objective) * v.value for v in values])
                spread = column.std(correction=0)
                columns.append((column - column.mean()) / (spread if spread > 0 else 1.0))
        return torch.stack(columns).mean(0) if columns else torch.zeros(len(found))


def features(problem: Problem, rows: Tensor) -> Tensor:
    """One-hot answers of a population, zero for inactive choices, ``(n, F)``."""
    return Relaxation.from_population(problem.choices, rows).features().float()


def spread_budgets(costs: Tensor, count: int) -> Tensor:
    """``count`` budgets at even quantiles of known costs, the cheapest feasible first."""
    shares = torch.linspace(0.0, 1.0, count)
    return torch.quantile(costs.float(), shares)
