from __future__ import annotations
import attrs, torch
from monas_blackbox.shared_search import SharedSearch
from monas_blackbox.views import Across

@attrs.frozen
class Options:
    across: Across = "each"
    population: int = 40
    initial: int = 40
    batch: int = 1
    crossover: float = 0.9
    mutation: float = 1.0

class GeneticSearch(SharedSearch):
    def __init__(self, algorithm, options=None):
        self.options = o = options or Options()
        self.algorithm = algorithm
        super().__init__(o.initial, o.batch, o.across)

    def candidates(self, ledger, view, count, generator):
        from monas_blackbox.breeding import offspring
        seed = int(torch.randint(2**31, (), generator=generator))
        o = self.options
        return offspring(self.algorithm, ledger, view.points(ledger), o.population, count, seed, o.crossover, o.mutation)
