"""Answering wishes from evaluated architectures alone."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from monas_blackbox.ranking import ranks
from monas_core import population
from monas_core.architecture import Architecture
from monas_core.device import Device
from monas_core.front import Points, Scale, non_dominated
from monas_core.preference import Preference
from monas_core.problem import Problem
from monas_core.selection import choose


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


def best_portfolio(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    size: int,
    fill: bool = False,
) -> list[Architecture]:
    """At most ``size`` non-dominated evaluated architectures with a large hypervolume together.

    Costs of the device are looked up for everything evaluated.
    """
    if not architectures:
        return []
    points = problem.evaluator.matrix(architectures, device).numpy()
    scaled = Scale(points.min(axis=0), points.max(axis=0), reference=1.1).apply(points)
    if not fill:
        kept = np.flatnonzero(non_dominated(scaled))
        return [architectures[kept[index]] for index in largest(scaled[kept], size)]
    rank = ranks(scaled)
    chosen = []
    left = np.arange(len(scaled))
    while len(chosen) < size and len(left):
        kept = left[non_dominated(scaled[left])]
        chosen += kept[largest(scaled[kept], size - len(chosen))].tolist()
        left = np.setdiff1d(left, kept)
    return [architectures[i] for i in chosen]


def largest(front: Points, size: int) -> NDArray[np.int64]:
    """Indices of at most ``size`` of ``(n, M)`` scaled points that keep most hypervolume.

    The point with the smallest contribution is left out until enough are gone.
    """
    kept = np.arange(len(front))
    reference = [1.1] * front.shape[1]
    while len(kept) > size:
        loss = moocore.hv_contributions(front[kept], ref=reference)
        kept = np.delete(kept, loss.argmin())
    return kept
