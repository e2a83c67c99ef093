from __future__ import annotations

import attrs
import numpy as np
import torch

from monas_blackbox.ranking import crowding, ranks
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.views import Across, View
from monas_core import population


@attrs.frozen
class Options:
    across: Across = "each"
    population: int = 40
    initial: int = 12
    batch: int = 4
    tournament: int = 8
    crossover: float = 0.5
    mutation: float = 1.0  # expected changes


class Evolution(SharedSearch):
    def __init__(self, options: Options | None = None) -> None:
        self.options = o = options or Options()
        super().__init__(o.initial, o.batch, o.across)

    def candidates(self, ledger, view, count, generator):
        o = self.options
        alive = slice(-o.population, None)
        points = view.points(ledger)[alive]
        rows = ledger.rows[alive]
        rank = ranks(points)
        order = np.lexsort((-crowding(points, rank), rank))
        place = torch.empty(len(rows), dtype=torch.int64)
        place[torch.from_numpy(order)] = torch.arange(len(rows))
        choices = ledger.problem.choices
        found = rows[:0]
        for _ in range(20):
            n = 4 * count
            def parents():
                contest = torch.stack([torch.randperm(len(rows), generator=generator)[: o.tournament] for _ in range(n)])
                return rows[contest.gather(1, place[contest].argmin(1, keepdim=True))[:, 0]]
            one, two = parents(), parents()
            mixed = population.crossover(choices, one, two, generator)
            pick = torch.rand(n, 1, generator=generator) < o.crossover
            kids = torch.where(pick, mixed, one)
            kids = population.mutate(choices, kids, o.mutation / len(choices), generator)
            found = ledger.fresh(torch.cat([found, kids]))[:count]
            if len(found) >= count:
                break
        return found
