"""Choosing among evaluated points: what a preference and limits single out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from monas_core.parts.objective import Objective, sign
from monas_core.values.front import Points

_LINEAR_SHARE = 0.01
"""Weight of the linear term that breaks ties between weakly dominated points."""


def scalarised(scaled: Points, preferences: Points) -> NDArray[np.float64]:
    """Augmented Chebyshev values ``(P, n)`` of scaled, minimised points ``(n, M)``.

    max_m r_m z_m + rho * sum_m (r_m + 1/M) z_m: unlike a linear sum it reaches
    points in concave parts of a front (Steuer and Choo, 1983). A weight of 0
    takes an objective out except for ties.
    """
    weighted = preferences[:, None, :] * scaled[None, :, :]
    linear = weighted.sum(-1) + scaled.mean(-1)[None, :]
    return weighted.max(-1) + _LINEAR_SHARE * linear


def choose(scaled: Points, preferences: Points) -> NDArray[np.int64]:
    """Index of the best of ``(n, M)`` points for each of ``(P, M)`` preferences."""
    return scalarised(scaled, preferences).argmin(axis=1)


def comparable(objectives: Sequence[Objective], rows: Iterable[Sequence[float]]) -> Points:
    """Minimised values ``(n, M)``; costs as logarithms, since people weigh them as ratios.

    Twice as fast is worth the same at 1 ms as at 100 ms; a difference in
    quality counts as such. A cost that is not positive stays as it is.
    """
    points = np.array(list(rows), dtype=np.float64)
    for column, objective in enumerate(objectives):
        values = points[:, column]
        if not objective.query and (values > 0).all():
            points[:, column] = np.log(values)
        points[:, column] *= sign(objective)
    return points
