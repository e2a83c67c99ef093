"""The architectures that compete for an answer."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.problem.problem import Problem
from monas_core.values import population

_MUTATED = 1.5
"""Expected number of redrawn answers of a mutant."""


class Pool:
    """The whole space where it is small; elsewhere what breeding from the best leads to."""

    def __init__(self, problem: Problem, limit: int) -> None:
        self._problem = problem
        choices = problem.choices
        self.whole: Tensor | None = None
        if choices.cardinality() <= limit:
            rows = population.encode(choices, choices.enumerate())
            self.whole = rows[problem.available(rows)]

    def children(self, parents: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """About ``count`` distinct available rows: mutants of parents and of their crossings."""
        choices = self._problem.choices
        first = parents[torch.randint(len(parents), (count,), generator=generator)]
        second = parents[torch.randint(len(parents), (count,), generator=generator)]
        crossed = population.crossover(choices, first, second, generator)
        half = torch.rand(count, 1, generator=generator) < 0.5
        mixed = torch.where(half, crossed, first)
        rate = _MUTATED / len(choices)
        mutants = population.mutate(choices, mixed, rate, generator)
        found = population.unique_rows(torch.cat([mutants, crossed]))[: 2 * count]
        return found[self._problem.available(found)]
