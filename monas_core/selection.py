"""Choosing among evaluated points: what a preference and limits single out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monas_core.front import Points

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
