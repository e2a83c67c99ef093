"""Portfolios of evaluated architectures."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

from monas_blackbox.ranking import ranks
from monas_core.parts.device import Device
from monas_core.problem.feasibility import admitted, total_misses
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import Points, Scale

_REFERENCE = 1.1
"""Of hypervolumes, beyond the worst scaled value of 1 so that the ends count too."""
_AT_ONCE = 20
"""One in so many of the surplus points goes without another look at the rest."""


def best_portfolio(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    size: int,
    limits: Sequence[Constraint] = (),
) -> list[Architecture]:
    """At most ``size`` evaluated architectures with a large hypervolume together, best first.

    Values are scaled linearly to the range of everything evaluated; costs of the device are
    looked up for all of it. If the non-dominated set is smaller than ``size``, the set that
    is non-dominated without it follows, and so on: on final data some of it may be better.
    Who misses a limit is left out, unless everyone does.
    """
    if not architectures:
        return []
    points = problem.evaluator.matrix(architectures, device).numpy()
    scaled = Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist()).apply(points)
    allowed = admitted(total_misses(problem.objectives, limits, points))
    architectures, scaled = [architectures[index] for index in allowed], scaled[allowed]
    rank, chosen = ranks(scaled), []
    for level in range(int(rank.max()) + 1):
        members = np.flatnonzero(rank == level)
        chosen.extend(members[most_volume(scaled[members], size - len(chosen))].tolist())
        if len(chosen) >= size:
            break
    return [architectures[index] for index in chosen]


def most_volume(front: Points, size: int) -> NDArray[np.int64]:
    """Indices of at most ``size`` of ``(n, M)`` scaled points that keep most of the hypervolume.

    The points with the smallest contributions go first; one at a time when few are left to go.
    """
    kept = np.arange(len(front))
    while len(kept) > size:
        shares = moocore.hv_contributions(front[kept], ref=[_REFERENCE] * front.shape[1])
        going = max(1, (len(kept) - size) // _AT_ONCE)
        kept = np.delete(kept, np.argsort(shares, kind="stable")[:going])
    return kept
