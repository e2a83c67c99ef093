"""Answers from what was evaluated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monas_core.architecture import Architecture
from monas_core.device import Device
from monas_core.front import Points, Scale, hypervolume, non_dominated
from monas_core.preference import Preference
from monas_core.problem import Problem
from monas_core.selection import choose

_REFERENCE = 1.1


def best_known(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    preferences: Sequence[Preference],
) -> list[Architecture]:
    """The non-dominated evaluated architecture that suits each preference best."""
    points = problem.evaluator.matrix(architectures, device).numpy()
    kept = np.flatnonzero(non_dominated(points)).tolist()
    front = points[kept]
    scaled = Scale(front.min(axis=0), front.max(axis=0)).apply(front)
    wishes = np.array([preference.vector for preference in preferences])
    return [architectures[kept[index]] for index in choose(scaled, wishes)]


def covering(points: Points, size: int) -> NDArray[np.int64]:
    """Indices of at most ``size`` points that together dominate most, greedily.

    Args:
        points: Minimised, ``(n, M)``; scaled here to the range of all of them.
        size: How many at most; only non-dominated points are taken.
    """
    scaled = Scale(points.min(axis=0), points.max(axis=0)).apply(points)
    left = np.flatnonzero(non_dominated(scaled)).tolist()
    reference = [_REFERENCE] * points.shape[1]
    chosen: list[int] = []
    while left and len(chosen) < size:
        volumes = [hypervolume(scaled[[*chosen, index]], reference) for index in left]
        chosen.append(left.pop(int(np.argmax(volumes))))
    return np.array(chosen, dtype=np.int64)
