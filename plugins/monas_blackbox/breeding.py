"""One generation of pymoo's genetic algorithms; the only module that imports pymoo."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pymoo.algorithms.base.genetic import GeneticAlgorithm
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.algorithms.moo.spea2 import SPEA2, SPEA2Survival
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

from monas_blackbox.ranking import ranks, thinned
from monas_core.problem.feasibility import admitted
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.choices import ChoiceSet
from monas_core.values.front import Points, Scale

Indices = NDArray[np.int64]
"""A population as pymoo holds it, ``(n, C)`` option indices."""


class Known(Protocol):
    """What breeding is told of the architectures that have points, such as a ledger."""

    @property
    def problem(self) -> Problem:
        """What is searched."""
        ...

    @property
    def rows(self) -> Tensor:
        """All that have points, ``(n, C)``."""
        ...

    @property
    def misses(self) -> NDArray[np.float64]:
        """By how much each misses the limits, ``(n,)``; 0 where they are met."""
        ...

    def fresh(self, rows: Tensor, /) -> Tensor:
        """The distinct rows that may be bred, in order."""
        ...


Config.warnings["not_compiled"] = False  # pymoo would print this hint on first use


class Redraw(Mutation):
    """Draws each answer anew with the same probability, one in the mean."""

    def __init__(self, choices: ChoiceSet) -> None:
        super().__init__()
        self._sizes = np.array(choices.sizes)

    def _do(
        self,
        problem: Box,  # noqa: ARG002 - pymoo's signature
        X: Indices,  # noqa: N803
        *,
        random_state: np.random.Generator,
        **_: Any,
    ) -> Indices:
        fresh = random_state.integers(self._sizes, size=X.shape)
        return np.where(random_state.random(X.shape) < 1 / len(self._sizes), fresh, X)


class Canonical(Repair):
    """Sets every inactive choice to its first option."""

    def __init__(self, choices: ChoiceSet) -> None:
        super().__init__()
        self._choices = choices

    def _do(self, problem: Box, X: Indices, **_: Any) -> Indices:  # noqa: ARG002, N803
        rows = torch.from_numpy(X.astype(np.int64))
        return population.canonical(self._choices, rows).numpy()


class NotFresh(DuplicateElimination):
    """Strikes out what was evaluated before or cannot be evaluated, and repetitions."""

    def __init__(self, ledger: Known) -> None:
        super().__init__()
        self._ledger = ledger

    def _do(
        self, pop: Population, other: Population | None, is_duplicate: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        taken = set() if other is None else set(map(tuple, _rows(other).tolist()))
        rows = _rows(pop)
        fresh = set(map(tuple, self._ledger.fresh(rows).tolist())) - taken
        for index, row in enumerate(map(tuple, rows.tolist())):
            is_duplicate[index] = row not in fresh
            fresh.discard(row)
        return is_duplicate


def offspring(name: str, ledger: Known, points: Points, size: int, count: int, seed: int) -> Tensor:
    """The children of a ``generation``, ``(n, C)``."""
    return generation(name, ledger, points, size, count, seed)[1]


def generation(
    name: str, ledger: Known, points: Points, size: int, count: int, seed: int
) -> tuple[Tensor, Tensor]:
    """The best ``size`` architectures, and up to ``count`` fresh children of theirs.

    Args:
        name: ``nsga2``, ``nsga3``, ``sms-emoa`` or ``spea2``.
        ledger: What has points.
        points: Its minimised points, ``(n, M)``; with the ledger's misses of limits they make
            constrained domination, as pymoo's algorithms do it.
        size: Architectures that survive.
        count: Children wanted.
        seed: Of all randomness inside.
    """
    choices, objectives, misses = ledger.problem.choices, points.shape[1], ledger.misses
    limited, top = int(misses.any()), np.array(choices.sizes) - 1
    with warnings.catch_warnings():  # pymoo switches warnings off for the whole process
        algorithm: Any = _algorithm(name, ledger, points, size, count)
        box = Box(n_var=len(choices), n_obj=objectives, n_ieq_constr=limited, xl=0, xu=top)
        algorithm.setup(box, seed=seed, termination=NoTermination())
        rank = ranks(points, misses)
        alive = _best_ranks(rank, size)
        seen = points[alive]
        if name == "spea2":  # whose distances would mix units
            seen = Scale(seen.min(axis=0).tolist(), seen.max(axis=0).tolist()).apply(seen)
            if len(alive) > size and not rank[alive].any():
                # the same truncation as pymoo's, which is cubic in so long a front
                kept = thinned(seen, size)
                alive, seen = alive[kept], seen[kept]
        missed = {"G": misses[alive, None]} if limited else {}
        pool = Population.new(X=ledger.rows.numpy()[alive], F=seen, **missed)
        survivors = algorithm.survival.do(
            box, pool, n_survive=size, algorithm=algorithm, random_state=algorithm.random_state
        )
        algorithm.tell(infills=survivors)
        children = algorithm.ask()
    return _rows(survivors), ledger.rows[:0] if children is None else _rows(children)


def _algorithm(name: str, ledger: Known, points: Points, size: int, count: int) -> GeneticAlgorithm:
    choices = ledger.problem.choices
    shared: dict[str, Any] = {
        "pop_size": size,
        "n_offsprings": count,
        "crossover": UniformCrossover(),
        "mutation": Redraw(choices),
        "repair": Canonical(choices),
        "eliminate_duplicates": NotFresh(ledger),
    }
    if name == "nsga2":
        return NSGA2(**shared)
    if name == "sms-emoa":
        return SMSEMOA(**shared)
    if name == "spea2":
        return SPEA2(survival=SPEA2Survival(), **shared)
    objectives = points.shape[1]
    partitions = get_partition_closest_to_points(size, objectives)
    rays = get_reference_directions("das-dennis", objectives, n_partitions=partitions)
    algorithm: Any = NSGA3(rays, **shared)
    # ideal, extreme and worst points are those of everything evaluated
    allowed = points[admitted(ledger.misses)]
    algorithm.survival.norm.update(allowed, nds=np.flatnonzero(ranks(allowed) == 0))
    return algorithm


def _best_ranks(rank: Indices, size: int) -> Indices:
    """Indices of the whole non-dominated ranks that hold the best ``size`` points."""
    last = np.sort(rank)[min(size, len(rank)) - 1]
    return np.flatnonzero(rank <= last)


def _rows(members: Population) -> Tensor:
    """What pymoo bred as a population of ours, ``(n, C)``."""
    found: Any = members.get("X")
    return torch.from_numpy(found.astype(np.int64))
