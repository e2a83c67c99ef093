"""The way of Once-for-All: one evolutionary search for the best quality under each limit.

Cai et al., Once-for-All: train one network and specialize it for efficient deployment, ICLR
2020; its released search is what multi-objective searches over such networks are compared with.
"""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.limited import LimitedView, limited_views
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.sizes import children, survivors
from monas_blackbox.views import View
from monas_core.problem.feasibility import admitted
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.bounds import within
from monas_core.values.budget import Budget

_LARGEST = 100
_ATTEMPTS = 30
"""Broods bred, or batches drawn, before what misses the limit least has to do."""
_DRAWN = 64


@attrs.frozen
class Options:
    """Options of evolution under limits.

    Attributes:
        population: Architectures within a limit that are alive; 0 takes 100, or a quarter of the
            evaluations that a limit gets if that is less.
        parents: Share of them that breeds.
        mutants: Share of children that have one parent; the others have two.
        mutation: Probability with which an answer of a mutant is drawn anew.
        limits: Limits per device where none is stated, at even quantiles of the cost of random
            architectures.
        cost: Short name of the objective they are on; "" takes the first cost of a device, else
            the first that is free.
        batch: Architectures evaluated per step; 0 takes an eighth of the square root of a budget
            of evaluations.
    """

    population: int = 0
    parents: float = 0.25
    mutants: float = 0.5
    mutation: float = 0.1
    limits: int = 6
    cost: str = ""
    batch: int = 0

    def __attrs_post_init__(self) -> None:
        where = "options.optimizer"
        within(where, 0, population=self.population, batch=self.batch)
        within(where, 0, 1, parents=self.parents, mutants=self.mutants, mutation=self.mutation)
        within(where, 1, limits=self.limits)


class ConstrainedSearch(SharedSearch):
    """The limits take turns; children that miss theirs are thrown away before they are evaluated.

    Deviation: what one limit's search evaluates is known to the others, so they start from it;
    a few children are bred at a time from the best so far and not a whole generation. Where no
    child meets a limit, those that miss it least are evaluated.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__(across="each")

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem and its limits."""
        super().start(problem, generator)
        self._limited = limited_views(problem, self.options.limits, self.options.cost)
        self._views = list[View](self._limited)

    def sizes(self, budget: Budget) -> tuple[int, int]:
        """The ends of the space alone come before."""
        return 2, self.options.batch or children(budget)

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Fresh rows within the limit: random ones until it has its population, then children."""
        assert isinstance(view, LimitedView)
        total, score = view.misses(ledger), view.score(ledger)
        met = np.flatnonzero(total == 0.0)
        size = self._population(ledger.problem.meter.budget)
        if len(met) < size:
            some = self._within(ledger, view, count, generator, None)
            if len(some):
                return some
        known = met if len(met) else admitted(total)
        best = known[np.argsort(score[known], kind="stable")]
        parents = best[: max(2, round(self.options.parents * size))]
        return self._within(ledger, view, count, generator, parents)

    def _within(
        self,
        ledger: Ledger,
        view: LimitedView,
        count: int,
        generator: torch.Generator,
        parents: NDArray[np.int64] | None,
    ) -> Tensor:
        """Up to ``count`` fresh rows within the limit, random or bred from places ``parents``."""
        found = ledger.rows[:0]
        spare, misses = found, np.empty(0)
        for _ in range(_ATTEMPTS):
            if parents is None:
                drawn = ledger.problem.draw(_DRAWN, generator)
            else:
                living = ledger.rows[torch.from_numpy(parents)]
                drawn = self._brood(ledger, living, max(_DRAWN, count), generator)
            fresh = ledger.fresh(drawn)
            off = view.free_misses(population.decode(ledger.problem.choices, fresh))
            found = population.unique_rows(torch.cat([found, fresh[torch.from_numpy(off == 0.0)]]))
            if len(found) >= count:
                return found[:count]
            spare, misses = torch.cat([spare, fresh]), np.concatenate([misses, off])
        if len(found) or parents is None:
            return found
        return ledger.fresh(spare[torch.from_numpy(np.argsort(misses, kind="stable"))])[:count]

    def _brood(
        self, ledger: Ledger, living: Tensor, count: int, generator: torch.Generator
    ) -> Tensor:
        """Mutants and crossings in the shares the options say, ``(count, C)``."""
        choices, options = ledger.problem.choices, self.options
        mothers, fathers = (
            living[torch.randint(len(living), (count,), generator=generator)] for _ in range(2)
        )
        mutants = population.mutate(choices, mothers, options.mutation, generator)
        crossed = population.crossover(choices, mothers, fathers, generator)
        one = torch.rand(count, 1, generator=generator) < options.mutants
        return torch.where(one, mutants, crossed)

    def _population(self, budget: Budget) -> int:
        if self.options.population:
            return self.options.population
        if budget.unit != "evaluations":
            return survivors(budget)
        return min(_LARGEST, max(4, int(budget.amount) // (4 * len(self._limited))))
