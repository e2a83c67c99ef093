"""Regularised evolution for several objectives: the young survive, the best of a draw breed."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.ranking import best_first
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.sizes import as_asked
from monas_blackbox.views import Across, View
from monas_core.values import population
from monas_core.values.bounds import within
from monas_core.values.budget import Budget

_ATTEMPTS = 20
"""Broods bred before a step is filled up at random."""


@attrs.frozen
class Options:
    """Options of regularised evolution.

    Attributes:
        across: ``each`` breeds for the devices in turns, from one common population; ``joint``
            breeds for the mean cost over devices.
        population: The architectures evaluated last that are still alive.
        tournament: How many of them compete to become a parent.
        crossover: Share of children that have two parents.
        mutations: Answers drawn anew in a child, in the mean.
        initial: Architectures evaluated before: the two ends of the space, then random ones;
            0 takes the square root of a budget of evaluations (20 for other budgets).
        batch: Architectures evaluated per step; 0 takes an eighth of that root.
    """

    across: Across = "joint"
    population: int = 100
    tournament: int = 25
    crossover: float = 0.5
    mutations: float = 1.0
    initial: int = 0
    batch: int = 0

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 2, population=self.population)
        within("options.optimizer", 1, self.population, tournament=self.tournament)
        within("options.optimizer", 0, 1, crossover=self.crossover)
        within("options.optimizer", 0, mutations=self.mutations)
        within("options.optimizer", 0, initial=self.initial, batch=self.batch)


class Evolution(SharedSearch):
    """Children of tournament winners replace the oldest, however good these are.

    Real et al., Regularized evolution for image classifier architecture search, 2019, whose
    population and tournament are the defaults. Deviation: a tournament is won by
    non-dominated rank, then crowding; children may have two parents; the start is smaller
    than the population, which then grows.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        super().__init__(self.options.across)

    def sizes(self, budget: Budget) -> tuple[int, int]:
        """As the options say."""
        return as_asked(self.options.initial, self.options.batch, budget)

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Fresh children of the living."""
        alive = slice(-self.options.population, None)
        living = ledger.rows[alive]
        # (n, C), best first: the winner of a tournament is its smallest index
        order = best_first(view.points(ledger)[alive], view.misses(ledger)[alive])
        living = living[torch.from_numpy(order)]
        found = living[:0]
        for _ in range(_ATTEMPTS):
            brood, inside = self._inside_first(
                self._brood(ledger, living, count, generator), [view]
            )
            found = ledger.fresh(torch.cat([found, brood[:inside]]))
            if len(found) >= count:
                break
        return found

    def _brood(
        self, ledger: Ledger, living: Tensor, count: int, generator: torch.Generator
    ) -> Tensor:
        options, choices = self.options, ledger.problem.choices
        mothers, fathers = (self._winners(living, count, generator) for _ in range(2))
        mixed = population.crossover(choices, mothers, fathers, generator)
        two = torch.rand(count, 1, generator=generator) < options.crossover
        rate = min(1.0, options.mutations / len(choices))
        return population.mutate(choices, torch.where(two, mixed, mothers), rate, generator)

    def _winners(self, living: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Parents ``(count, C)``, each the best of a draw without repetition."""
        size = min(self.options.tournament, len(living))
        draws = torch.rand(count, len(living), generator=generator).argsort(1)[:, :size]
        return living[draws.amin(1)]
