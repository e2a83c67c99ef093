"""Non-dominated sets and their indicators; the computation is moocore's."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Minimised values, ``(n, M)``: one row for each point, one column for each objective."""


def non_dominated(points: Points) -> NDArray[np.bool_]:
    """Which rows of ``(n, M)`` minimised points no other row dominates (first of equals kept)."""
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    return moocore.is_nondominated(points, maximise=False, keep_weakly=False)


def hypervolume(points: Points, reference: Sequence[float]) -> float:
    """Volume dominated by minimised points ``(n, M)`` up to the reference point."""
    inside = points[(points < np.asarray(reference)).all(axis=1)] if len(points) else points
    if len(inside) == 0:
        return 0.0
    return float(moocore.hypervolume(inside, ref=list(reference)))


class Scale:
    """A fixed affine map of minimised values to [0, 1] per objective, for hypervolumes.

    ``low`` and ``high`` are set before a search and are the same for every
    optimizer that is compared; the reference point is ``reference`` in each scaled
    objective, by default beyond 1, so that the extreme points count too.
    """

    def __init__(self, low: Sequence[float], high: Sequence[float], reference: float = 1.1) -> None:
        self.reference = reference
        self.low = np.asarray(low, dtype=np.float64)
        self.high = np.asarray(high, dtype=np.float64)
        self.width = np.where(self.high > self.low, self.high - self.low, 1.0)

    def apply(self, points: Points) -> Points:
        """Scaled points, ``(n, M)``."""
        return (
            np.asarray(points, dtype=np.float64).reshape(-1, len(self.low)) - self.low
        ) / self.width

    def hypervolume(self, points: Points) -> float:
        """Hypervolume of the scaled points, as a share of the box up to the reference point."""
        reference = [self.reference] * len(self.low)
        return hypervolume(self.apply(points), reference) / self.reference ** len(self.low)

    def reference_point(self) -> list[float]:
        """The reference point in minimised original units."""
        return (self.low + self.reference * self.width).tolist()
