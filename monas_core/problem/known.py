"""Answering wishes from evaluated architectures alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monas_core.parts.device import Device
from monas_core.problem.problem import Problem
from monas_core.problem.selection import choose
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale, non_dominated
from monas_core.values.preference import Preference


def best_known(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    preferences: Sequence[Preference],
) -> list[Architecture]:
    """The non-dominated evaluated architecture that suits each preference best.

    Values are scaled to the range of the non-dominated set of this device.
    """
    if not architectures:  # stopped before the first step: the two ends are all there is
        architectures = population.decode(problem.choices, population.corners(problem.choices))
    points = problem.evaluator.matrix(architectures, device).numpy()
    kept = np.flatnonzero(non_dominated(points)).tolist()
    front = points[kept]
    scaled = Scale(front.min(axis=0), front.max(axis=0)).apply(front)
    wishes = np.array([preference.vector for preference in preferences])
    return [architectures[kept[index]] for index in choose(scaled, wishes)]
