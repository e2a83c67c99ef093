"""pymoo's genetic algorithms, one generation at a time; imported where pymoo is installed."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pymoo.algorithms.base.genetic import GeneticAlgorithm
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.config import Config
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem as Box
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.util.ref_dirs import get_reference_directions
from pymoo.util.reference_direction import get_partition_closest_to_points
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_core import population
from monas_core.choices import ChoiceSet
from monas_core.front import Points, non_dominated

Algorithm = Literal["nsga2", "nsga3", "sms-emoa"]

Config.warnings["not_compiled"] = False  # a hint printed on the first use


class Redraw(Mutation):
    """Every answer is drawn anew with the same small probability, at least one in the mean."""

    def __init__(self, choices: ChoiceSet, expected: float) -> None:
        super().__init__()
        self.choices = choices
        self.rate = min(1.0, expected / len(choices))

    def _do(self, problem, X, *args, random_state, **kwargs):
        fresh = random_state.integers(np.array(self.choices.sizes), size=X.shape)
        return np.where(random_state.random(X.shape) < self.rate, fresh, X)


class Canonical(Repair):
    def __init__(self, choices):
        super().__init__()
        self.choices = choices

    def _do(self, problem, X, **kwargs):
        return population.canonical(self.choices, torch.from_numpy(X.astype(np.int64))).numpy()


class Fresh(DuplicateElimination):
    def __init__(self, ledger):
        super().__init__()
        self.ledger = ledger

    def _do(self, pop, other, is_duplicate):
        taken = set() if other is None else set(map(tuple, other.get("X").tolist()))
        for index, row in enumerate(pop.get("X")):
            key = tuple(row.tolist())
            is_duplicate[index] = key in taken or len(self.ledger.fresh(torch.from_numpy(row[None]))) == 0
            taken.add(key)
        return is_duplicate


def offspring(algorithm, ledger, points, size, count, seed, prob=0.9, expected=1.0):
    choices = ledger.problem.choices
    settings = {
        "pop_size": size, "n_offsprings": count, "seed": seed,
        "crossover": UniformCrossover(prob=prob), "mutation": Redraw(choices, expected),
        "repair": Canonical(choices), "eliminate_duplicates": Fresh(ledger), "termination": NoTermination(),
    }
    n_obj = points.shape[1]
    with warnings.catch_warnings():
        if algorithm == "nsga2":
            a = NSGA2(**settings)
        elif algorithm == "sms-emoa":
            a = SMSEMOA(**settings)
        else:
            part = get_partition_closest_to_points(size, n_obj)
            dirs = get_reference_directions("das-dennis", n_obj, n_partitions=part)
            a = NSGA3(dirs, **settings)
            a.survival.norm.update(points, nds=np.flatnonzero(non_dominated(points)))
        box = Box(n_var=len(choices), n_obj=n_obj, xl=0, xu=np.array(choices.sizes) - 1, vtype=int)
        a.setup(box, seed=seed)
        pool = Population.new(X=ledger.rows.numpy(), F=points)
        best = a.survival.do(box, pool, n_survive=size, algorithm=a, random_state=a.random_state)
        a.tell(infills=best)
        found = a.ask()
    return ledger.rows[:0] if found is None else torch.from_numpy(found.get("X").astype(np.int64))
