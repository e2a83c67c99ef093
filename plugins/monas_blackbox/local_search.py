"""Pareto local search: around the best known, one changed answer at a time."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
import torch
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_blackbox.ranking import best_first, crowding, ranks
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.views import Across, View
from monas_core import population
from monas_core.errors import UsageError
from monas_core.front import non_dominated


@attrs.frozen
class Options:
    across: Across = "each"
    initial: int = 16
    batch: int = 4
    order: Literal["random", "crowding", "hv"] = "random"
    whole: bool = False


class LocalSearch(SharedSearch):
    def __init__(self, options: Options | None = None) -> None:
        self.options = o = options or Options()
        super().__init__(o.initial, o.batch, o.across)

    def candidates(self, ledger, view, count, generator):
        points = view.points(ledger)
        front = np.flatnonzero(non_dominated(points))
        if self.options.order == "random":
            order = torch.randperm(len(front), generator=generator).numpy()
        elif self.options.order == "crowding":
            order = np.argsort(-crowding(points[front], np.zeros(len(front), dtype=np.int64)), kind="stable")
        found = ledger.rows[:0]
        rows = ledger.rows
        for member in front[order]:
            near = ledger.fresh(population.neighbours(ledger.problem.choices, rows[member].tolist()))
            near = near[torch.randperm(len(near), generator=generator)]
            if not self.options.whole:
                near = near[:1]
            found = population.unique_rows(torch.cat([found, near]))
            if len(found) >= count:
                break
        return found
