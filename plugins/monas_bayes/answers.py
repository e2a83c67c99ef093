"""Answers from what was evaluated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monas_core.values.front import Points, Scale, hypervolume, non_dominated

_REFERENCE = 1.1


def covering(
    points: Points, size: int, allowed: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Indices of at most ``size`` points that together dominate most, greedily.

    Args:
        points: Minimised, ``(n, M)``; scaled here to the range of all of them.
        size: How many at most; only non-dominated points are taken.
        allowed: Positions of those that count; the indices returned are places in it.
    """
    scaled = Scale(points.min(axis=0), points.max(axis=0)).apply(points)
    scaled = scaled if allowed is None else scaled[allowed]
    left = np.flatnonzero(non_dominated(scaled)).tolist()
    reference = [_REFERENCE] * points.shape[1]
    chosen: list[int] = []
    while left and len(chosen) < size:
        volumes = [hypervolume(scaled[[*chosen, index]], reference) for index in left]
        chosen.append(left.pop(int(np.argmax(volumes))))
    return np.array(chosen, dtype=np.int64)
