"""Pareto local search: from the best known, one changed answer at a time."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.ranking import crowding
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.sizes import as_asked
from monas_blackbox.views import Across, View
from monas_core.problem.feasibility import admitted
from monas_core.values import population
from monas_core.values.bounds import within
from monas_core.values.budget import Budget
from monas_core.values.front import Points, non_dominated


@attrs.frozen
class Options:
    """Options of local search.

    Attributes:
        across: ``each`` searches the devices in turns and shares what is evaluated; ``joint``
            searches once, on the mean cost over devices.
        initial: Architectures evaluated before: the two ends of the space, then random ones;
            0 takes the square root of a budget of evaluations (20 for other budgets).
        batch: Architectures evaluated per step; 0 takes an eighth of that root.
    """

    across: Across = "each"
    initial: int = 0
    batch: int = 0

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 0, initial=self.initial, batch=self.batch)


class LocalSearch(SharedSearch):
    """Evaluates neighbours of non-dominated members until none is left.

    Paquete, Chiarandini and Stützle, Pareto local optimum sets in the biobjective traveling
    salesman problem, 2004. Deviation: members of sparse parts of the front and members with
    few neighbours tried come first, and one neighbour of a member is tried at a time.
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
        """One unexplored neighbour of each member of the front, most urgent first."""
        points, rows = view.points(ledger), ledger.rows
        allowed = admitted(view.misses(ledger))
        front = allowed[non_dominated(points[allowed])]
        members = rows[torch.from_numpy(front)]
        tried = (members[:, None, :] != rows[None]).sum(-1).eq(1).sum(1).numpy()
        found = rows[:0]
        for member in members[torch.from_numpy(_urgent_first(points[front], tried))].tolist():
            near = ledger.fresh(population.neighbours(ledger.problem.choices, member))
            near, inside = self._inside_first(near, [view])
            near = near[:inside]
            if len(near):
                pick = torch.randint(len(near), (1,), generator=generator)
                found = population.unique_rows(torch.cat([found, near[pick]]))
            if len(found) >= count:
                break
        return found


def _urgent_first(front: Points, tried: NDArray[np.int64]) -> NDArray[np.int64]:
    """Members by crowding distance per neighbour tried; the ends count twice the widest gap."""
    distance = crowding(front, np.zeros(len(front), dtype=np.int64))
    inner = distance[np.isfinite(distance)]
    widest = 2 * inner.max() if len(inner) else 1.0
    return np.argsort(-np.minimum(distance, widest) / (1 + tried), kind="stable")
