"""What a search has evaluated, and what it may evaluate next."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from monas_core.problem.evaluated import unseen
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture

_ENUMERABLE = 20_000
"""Spaces up to this size are listed when random draws find nothing new in them."""


class Ledger:
    """The evaluated architectures in order; one quality value serves every device.

    Attributes:
        problem: Where values come from.
        architectures: All evaluated so far.
        rows: The same as a population, ``(n, C)``.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.architectures: list[Architecture] = []
        self.rows = torch.empty(0, len(problem.choices), dtype=torch.int64)
        self._known: set[tuple[int, ...]] = set()

    def __len__(self) -> int:
        return len(self.architectures)

    def allowance(self, wanted: int) -> int:
        """How many architectures may be evaluated now, at most ``wanted``."""
        meter = self.problem.meter
        if meter.budget.unit == "evaluations":
            return min(wanted, max(1, int(meter.left)))
        return wanted

    def fresh(self, rows: Tensor) -> Tensor:
        """The distinct rows of ``(n, C)`` that can be evaluated and are not known, in order."""
        return unseen(self.problem, rows, self._known)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Up to ``count`` random rows not evaluated yet; none only if the space is exhausted."""
        for attempt in (4 * count, 64 * count):
            found = self.fresh(self.problem.draw(attempt, generator))[:count]
            if len(found) == count:
                return found
        if self.problem.choices.cardinality() > _ENUMERABLE:
            return found
        everything = self.fresh(self._everything)
        return everything[torch.randperm(len(everything), generator=generator)][:count]

    def evaluate(self, rows: Tensor) -> None:
        """Evaluate the queried objectives of fresh rows and remember them."""
        found = population.decode(self.problem.choices, rows)
        for objective in self.problem.objectives:
            if objective.query:
                self.problem.evaluator.values(objective, found, None)
        self.restore(rows)

    def reserve(self, rows: Tensor) -> None:
        """Count rows as no longer fresh although they are not evaluated."""
        self._known.update(map(tuple, rows.tolist()))

    def restore(self, rows: Tensor) -> None:
        """Remember rows whose values the evaluator knows."""
        self.reserve(rows)
        self.rows = torch.cat([self.rows, rows])
        self.architectures.extend(population.decode(self.problem.choices, rows))

    @cached_property
    def _everything(self) -> Tensor:
        choices = self.problem.choices
        return population.encode(choices, choices.enumerate())
