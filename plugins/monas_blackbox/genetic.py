"""Genetic algorithms of pymoo on what all devices have evaluated."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.sizes import children, survivors
from monas_blackbox.views import Across, View
from monas_core.values.bounds import within
from monas_core.values.budget import Budget


@attrs.frozen
class Options:
    """Options of a genetic algorithm.

    Attributes:
        across: ``each`` breeds for the devices in turns and shares what is evaluated; ``joint``
            breeds once, on the mean cost over devices.
        population: Survivors; 0 takes the square root of a budget of evaluations, else 20.
            As many are evaluated before: the two ends of the space, then random ones.
        batch: Children per generation; 0 takes an eighth of the population.
    """

    across: Across = "each"
    population: int = 0
    batch: int = 0

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 0, population=self.population, batch=self.batch)


class GeneticSearch(SharedSearch):
    """A steady-state genetic algorithm on each view, through pymoo's ask and tell.

    Deviation: a generation's parents are the survivors of everything evaluated so far, also
    for other devices, so no good architecture is ever lost; answers are unordered for uniform
    crossover and mutation; the children are as few as the budget is small.

    Args:
        algorithm: ``nsga2`` (Deb et al., 2002), ``nsga3`` (Deb and Jain, 2014),
            ``sms-emoa`` (Beume et al., 2007) or ``spea2`` (Zitzler et al., 2001; Deviation:
            distances are between points scaled to the range of the survivors' ranks).
        options: See ``Options``.
    """

    def __init__(self, algorithm: str, options: Options | None = None) -> None:
        self.algorithm = algorithm
        self.options = options or Options()
        super().__init__(self.options.across)

    def sizes(self, budget: Budget) -> tuple[int, int]:
        """As the options say."""
        return self._population(budget), self.options.batch or children(budget)

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Fresh children of the best architectures of the view."""
        from monas_blackbox.breeding import offspring  # pymoo comes with an extra

        seed = int(torch.randint(2**31, (), generator=generator))
        size = self._population(ledger.problem.meter.budget)
        return offspring(self.algorithm, ledger, view.points(ledger), size, count, seed)

    def _population(self, budget: Budget) -> int:
        return self.options.population or survivors(budget)
