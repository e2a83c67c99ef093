"""Which evaluated architectures are better: non-dominated rank, then crowding."""

from __future__ import annotations

import moocore
import numpy as np
from numpy.typing import NDArray

from monas_core.values.front import Points


def ranks(points: Points, misses: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Non-dominated rank of each of ``(n, M)`` minimised points, ``(n,)``; 0 is the front.

    With ``misses`` of limits, ``(n,)``, ranks of constrained domination: behind all points
    that meet the limits come the others, by how much they miss them (Deb et al., NSGA-II,
    2002, section VI).
    """
    if len(points) == 0:
        return np.empty(0, dtype=np.int64)
    if misses is None or not misses.any():
        return np.asarray(moocore.pareto_rank(points)).astype(np.int64)
    inside = misses == 0.0
    rank = np.empty(len(points), dtype=np.int64)
    rank[inside] = ranks(points[inside])
    behind = int(rank[inside].max()) + 1 if inside.any() else 0
    rank[~inside] = behind + np.unique(misses[~inside], return_inverse=True)[1]
    return rank


def crowding(points: Points, rank: NDArray[np.int64]) -> NDArray[np.float64]:
    """Crowding distance of each point within its rank, ``(n,)``; infinite at the ends.

    Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002, section III.
    """
    distance = np.zeros(len(points))
    for level in np.unique(rank):
        members = np.flatnonzero(rank == level)
        for column in points[members].T:
            order = members[np.argsort(column, kind="stable")]
            values = np.sort(column, kind="stable")
            width = values[-1] - values[0]
            if width > 0:
                distance[order[1:-1]] += (values[2:] - values[:-2]) / width
                distance[order[[0, -1]]] = np.inf
    return distance


def best_first(points: Points, misses: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Indices of ``(n, M)`` points by rank, within a rank the least crowded first."""
    rank = ranks(points, misses)
    return np.lexsort((-crowding(points, rank), rank))


def thinned(points: Points, size: int) -> NDArray[np.int64]:
    """Indices of ``size`` of ``(n, M)`` points: whoever has the nearest neighbour goes first.

    Where two are as near, the second nearest decides, and so on. Zitzler, Laumanns and Thiele,
    SPEA2: improving the strength Pareto evolutionary algorithm, 2001, section 3.2.
    """
    apart = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    np.fill_diagonal(apart, np.inf)
    kept = np.ones(len(points), dtype=bool)
    for _ in range(len(points) - size):
        nearest = np.where(kept, apart.min(axis=1), np.inf)
        tied = np.flatnonzero(kept & (nearest == nearest.min()))
        going = tied[np.lexsort(np.sort(apart[tied], axis=1).T[::-1])[0]]
        kept[going] = False
        apart[going] = apart[:, going] = np.inf
    return np.flatnonzero(kept)
