"""Genetic algorithms of pymoo on what all devices have evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs
import torch
from torch import Tensor

from monas_blackbox.guided import Generations
from monas_blackbox.ledger import Ledger
from monas_blackbox.outlook import POPULATION, Bred, Outlook
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.sizes import children, survivors
from monas_blackbox.views import Across, View
from monas_core.errors import UsageError
from monas_core.problem.optimizer import StepReport
from monas_core.problem.problem import Problem
from monas_core.values.bounds import within
from monas_core.values.budget import Budget

_SEEDS = 4
"""Architectures that are evaluated at least before a predictor is asked, to breed from."""


@attrs.frozen
class Options:
    """Options of a genetic algorithm.

    Attributes:
        across: ``each`` breeds for the devices in turns and shares what is evaluated; ``joint``
            breeds once, on the mean cost over devices.
        population: Survivors; 0 takes the square root of a budget of evaluations, else 20.
            As many are evaluated before: the two ends of the space, then random ones.
        batch: Children per generation; 0 takes an eighth of the population, or as many as the
            population has where guides steer it.
        quality: ``evaluated`` breeds from what was evaluated. ``predictor`` evaluates random
            architectures for half of the budget, learns from them, breeds from predictions, and
            evaluates the front that is found so; then again with what was learnt. With a
            predictor of another run (``--predictor``) all of the budget goes to such fronts.
        candidates: Architectures judged by the predictor before a front is evaluated.
    """

    across: Across = "each"
    population: int = 0
    batch: int = 0
    quality: Literal["evaluated", "predictor"] = "evaluated"
    candidates: int = 100_000

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 0, population=self.population, batch=self.batch)
        within("options.optimizer", 1, candidates=self.candidates)


class GeneticSearch(SharedSearch):
    """A steady-state genetic algorithm on each view, through pymoo's ask and tell.

    Deviation: a generation's parents are the survivors of everything evaluated so far, also
    for other devices, so no good architecture is ever lost; answers are unordered for uniform
    crossover and mutation; the children are as few as the budget is small. Under guides it is
    the plain algorithm of generations: see ``Generations``.

    Args:
        algorithm: ``nsga2`` (Deb et al., 2002), ``nsga3`` (Deb and Jain, 2014),
            ``sms-emoa`` (Beume et al., 2007) or ``spea2`` (Zitzler et al., 2001; Deviation:
            distances are between points scaled to the range of the survivors' ranks).
        options: See ``Options``.
    """

    def __init__(self, algorithm: str, options: Options | None = None) -> None:
        self.algorithm = algorithm
        self.options = options or Options()
        self.takes_predictor = self.options.quality == "predictor"
        super().__init__(self.options.across)

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem."""
        super().start(problem, generator)
        self._generations = Generations(self._ledger, problem.guides) if problem.guides else None
        if self._generations is not None and self.options.quality == "predictor":
            raise UsageError(
                "options.optimizer.quality: predictor breeds from predictions, which no guide "
                "steers; leave out --guides, or choose evaluated."
            )
        self._outlook: Outlook | None = None
        if self.options.quality == "predictor":
            size, count = self.options.population or POPULATION, self.options.candidates
            self._outlook = Outlook(self.algorithm, self._ledger, self._views, size, count)

    def step(self) -> StepReport:
        """Evaluate a batch, or look for what is worth it among predictions."""
        initial, _ = self.sizes(self._problem.meter.budget)
        outlook = self._outlook
        if outlook is None or len(self._ledger) < initial or outlook.ready or outlook.barren:
            return super().step()
        return outlook.step(self._generator)

    def sizes(self, budget: Budget) -> tuple[int, int]:
        """As the options say."""
        initial = self._population(budget)
        if self.options.quality == "predictor":
            half = int(budget.amount) // 2 if budget.unit == "evaluations" else 2 * initial
            lent = self._problem.shelf.lent is not None
            initial = _SEEDS if lent else max(_SEEDS, half)
        usual = children(budget) if self._generations is None else self._population(budget)
        return initial, self.options.batch or usual

    def candidates(
        self, ledger: Ledger, view: View, count: int, generator: torch.Generator
    ) -> Tensor:
        """Fresh children of the best architectures of the view."""
        if self._outlook is not None:
            return self._outlook.take(count)
        from monas_blackbox.breeding import offspring  # pymoo comes with an extra

        seed = int(torch.randint(2**31, (), generator=generator))
        size = self._population(ledger.problem.meter.budget)
        if self._generations is not None:
            return self._generations.next(self.algorithm, view, size, count, seed)
        return offspring(self.algorithm, Bred(ledger, view), view.points(ledger), size, count, seed)

    def state_dict(self) -> dict[str, Any]:
        """What every search keeps, the predictor, and who is alive."""
        outlook, generations = self._outlook, self._generations
        return (
            super().state_dict()
            | ({} if outlook is None else {"outlook": outlook.state_dict()})
            | ({} if generations is None else {"alive": generations.state_dict()})
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        super().load_state_dict(state)
        if self._outlook is not None:
            self._outlook.load_state_dict(state["outlook"])
        if self._generations is not None:
            self._generations.load_state_dict(state["alive"])

    def _population(self, budget: Budget) -> int:
        return self.options.population or survivors(budget)
