"""Which architectures an acquisition function is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture

Judge = Callable[[Tensor], Tensor]
"""Expected gains ``(n, G)`` of rows ``(n, C)``."""

Admission = Callable[[Tensor], Tensor]
"""Which rows ``(n, C)`` meet the limits that can be checked without a query, ``(n,)`` bool."""

_ENUMERABLE = 20_000
"""Spaces up to this size are looked at in full."""
_ROUNDS = 3
"""How often the neighbours of the most promising candidates are added."""
_KEPT = 2048
"""Candidates that are looked at more closely."""
_PARENTS = 24
"""Candidates whose neighbours are added."""


class Candidates:
    """The rows that can be evaluated and have not been, within ``admits`` where any are.

    Args:
        problem: Its space.
        pool: Rows looked at in a space that is too large to look at all.
    """

    def __init__(self, problem: Problem, pool: int) -> None:
        self._problem = problem
        self._pool = pool
        self.admits: Admission | None = None
        self._decoded: dict[tuple[int, ...], Architecture] = {}
        self._taken: set[tuple[int, ...]] = set()

    @cached_property
    def everything(self) -> Tensor | None:
        """All rows that can be evaluated, unless there are too many."""
        choices = self._problem.choices
        if choices.cardinality() > _ENUMERABLE:
            return None
        rows = population.encode(choices, choices.enumerate())
        return rows[self._problem.available(rows)]

    def decode(self, rows: Tensor) -> list[Architecture]:
        """Architectures of rows ``(n, C)``; those of a small space are decoded only once."""
        if self.everything is None:
            return population.decode(self._problem.choices, rows)
        listed = list(map(tuple, rows.tolist()))
        missing = [row for row in listed if row not in self._decoded]
        if missing:
            found = population.decode(self._problem.choices, torch.tensor(missing))
            self._decoded.update(zip(missing, found, strict=True))
        return [self._decoded[row] for row in listed]

    def take(self, rows: Tensor) -> None:
        """Rows that were evaluated."""
        self._taken.update(map(tuple, rows.tolist()))

    def fresh(self, rows: Tensor) -> Tensor:
        """The distinct ones among rows that are left."""
        distinct = population.unique_rows(rows)
        new = [row not in self._taken for row in map(tuple, distinct.tolist())]
        distinct = distinct[torch.tensor(new, dtype=torch.bool)]
        left = distinct[self._problem.available(distinct)]
        if self.admits is None or not len(left):
            return left
        within = left[self.admits(left)]
        return within if len(within) else left

    def random(self, count: int, generator: torch.Generator) -> Tensor:
        """Up to ``count`` random rows that are left; fewer only if the space is exhausted."""
        found = self.fresh(self._problem.draw(4 * count + len(self._taken), generator))
        if len(found) < count and self.everything is not None:
            left = self.fresh(self.everything)
            found = left[torch.randperm(len(left), generator=generator)]
        return found[:count]

    def promising(self, front: Tensor, judge: Judge, generator: torch.Generator) -> Tensor:
        """Rows with large gains, largest first.

        Args:
            front: Rows near which to look in a large space.
            judge: Says how promising rows are.
            generator: Where randomness comes from.
        """
        if self.everything is not None:
            rows = self.fresh(self.everything)
            return rows[best_first(judge(rows), _KEPT)]
        rows = self.fresh(torch.cat([self._around(front, generator), self._drawn(generator)]))
        gains = judge(rows)
        for _ in range(_ROUNDS):
            parents = rows[best_first(gains, _PARENTS)]
            near = [population.neighbours(self._problem.choices, row) for row in parents.tolist()]
            known = len(rows)
            rows = self.fresh(torch.cat([rows, *near]))
            if len(rows) == known:
                break
            gains = torch.cat([gains, judge(rows[known:])])
        return rows[best_first(gains, _KEPT)]

    def _drawn(self, generator: torch.Generator) -> Tensor:
        return self._problem.draw(self._pool // 2, generator)

    def _around(self, front: Tensor, generator: torch.Generator) -> Tensor:
        """Mutations and crossovers of the front."""
        choices = self._problem.choices
        count = self._pool - self._pool // 2
        picked = front[torch.randint(len(front), (2, count), generator=generator)]
        mixed = population.crossover(choices, picked[0], picked[1], generator)
        half = count // 2
        rate = 2.0 / len(choices)
        return torch.cat(
            [mixed[:half], population.mutate(choices, picked[0][half:], rate, generator)]
        )


def best_first(gains: Tensor, count: int) -> Tensor:
    """Indices of the best rows by each column of gains ``(n, G)`` in turns, ``count`` at most."""
    each = min(len(gains), -(-count // gains.shape[1]))
    ranked = gains.argsort(dim=0, descending=True, stable=True)[:each]
    listed = dict.fromkeys(ranked.flatten().tolist())
    return torch.tensor(list(listed), dtype=torch.int64)
