"""Answering wishes from evaluated architectures alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monas_core.parts.device import Device
from monas_core.problem.feasibility import admitted, total_misses
from monas_core.problem.problem import Problem
from monas_core.problem.selection import choose
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.front import Points, Scale, non_dominated
from monas_core.values.wish import Wish, by_limits


def best_known(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    wishes: Sequence[Wish],
) -> list[Architecture]:
    """The non-dominated evaluated architecture that suits each wish best.

    Of those that meet its limits; where none does, of those that come nearest. Values are
    scaled to the range of the non-dominated set of this device.
    """
    if not architectures:  # stopped before the first step: the two ends are all there is
        architectures = population.decode(problem.choices, problem.ends)
    points = problem.evaluator.matrix(architectures, device).numpy()
    found: dict[int, Architecture] = {}
    for limits, positions in by_limits(wishes).items():
        kept = _front(problem, points, holding(limits, device.name))
        front = points[kept]
        scaled = Scale(front.min(axis=0), front.max(axis=0)).apply(front)
        vectors = np.array([wishes[position].vector for position in positions])
        chosen = (architectures[kept[index]] for index in choose(scaled, vectors))
        found |= zip(positions, chosen, strict=True)
    return [found[position] for position in range(len(wishes))]


def _front(problem: Problem, points: Points, limits: Sequence[Constraint]) -> list[int]:
    """Positions of the non-dominated points ``(n, M)`` among those that meet the limits."""
    allowed = admitted(total_misses(problem.objectives, limits, points))
    return allowed[non_dominated(points[allowed])].tolist()
