"""Costs as sums over the parts of a network, fitted to measurements.

The time of a network is nearly the sum of the times of its layers, so a linear
model of layer counts reproduces undisturbed measurements to well below one
percent, where boosted trees on the same tables do worse. It is fitted by
relative error: devices are compared by ratios, and noise grows with time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import scipy.linalg
from scipy.stats import spearmanr

from monas_tables.parquet import Flags, Integers, Numbers

RIDGE = 0.3
"""Added to the normal equations of features scaled to a mean square of one."""
OFF = 1.25
"""A measurement farther than this factor from the fit is an outlier to the next fit."""
REFITS = 2
MOST_OUTLIERS = 0.1
"""With a larger share, the scatter is the device's nature and nothing is left out."""
TINY = 1e-9
FOLDS = 5
SEED = 20_240_221


@attrs.frozen(eq=False)
class Additive:
    """A fitted sum.

    Attributes:
        weights: Cost of each feature ``(F,)``.
        least: No prediction is lower: half the cheapest measurement.
        dropped: Share of measurements left out as outliers.
    """

    weights: Numbers
    least: float
    dropped: float

    @classmethod
    def fit(cls, features: Numbers, costs: Numbers) -> Additive:
        """Fit positive costs ``(n,)`` to features ``(n, F)``."""
        relative = features / costs[:, None]
        everything = np.ones(len(costs), dtype=bool)
        weights, kept = _without_outliers(relative, everything, _Normal.of(relative))
        return cls(weights, 0.5 * float(costs.min()), 1.0 - float(kept.mean()))

    def __call__(self, features: Numbers) -> Numbers:
        """Predicted costs ``(n,)``."""
        return np.maximum(features @ self.weights, self.least)


def cross_validated(features: Numbers, costs: Numbers, groups: Integers) -> Mapping[str, float]:
    """How well costs are predicted that a fit has not seen, over ``FOLDS`` folds.

    Outliers are left out of the fits, never out of the figures.

    Args:
        features: ``(n, F)``.
        costs: ``(n,)``, positive.
        groups: ``(n,)``: the answer to the choice that matters most.

    Returns:
        ``median relative error``; ``spearman``; ``r2 within``, the share of the variance
        of log costs explained among networks that agree on that choice; ``outliers``,
        the share of measurements left out of the final fit.
    """
    relative = features / costs[:, None]
    whole = _Normal.of(relative)
    ratio = np.empty_like(costs)  # predicted over measured
    order = np.random.default_rng(SEED).permutation(len(costs))
    for fold in np.array_split(order, FOLDS):
        used = np.ones(len(costs), dtype=bool)
        used[fold] = False
        weights, _ = _without_outliers(relative, used, whole.without(relative[fold]))
        ratio[fold] = np.maximum(relative[fold] @ weights, 0.5 * costs.min() / costs[fold])
    _, kept = _without_outliers(relative, np.ones(len(costs), dtype=bool), whole)
    centred = np.log(costs)
    for group in np.unique(groups):
        centred[groups == group] -= centred[groups == group].mean()
    spearman: Any = spearmanr(ratio * costs, costs)
    return {
        "median relative error": float(np.median(np.abs(ratio - 1.0))),
        "spearman": float(spearman.statistic),
        "r2 within": 1.0 - float((np.log(ratio) ** 2).sum() / max((centred**2).sum(), 1e-12)),
        "outliers": 1.0 - float(kept.mean()),
    }


@attrs.frozen(eq=False)
class _Normal:
    """Normal equations of ``|X w - 1|``; rows can be taken out again without a new product.

    Attributes:
        matrix: ``(F, F)``.
        right: ``(F,)``.
        rows: How many rows are in.
    """

    matrix: Numbers
    right: Numbers
    rows: int

    @classmethod
    def of(cls, relative: Numbers) -> _Normal:
        return cls(relative.T @ relative, relative.sum(axis=0), len(relative))

    def without(self, relative: Numbers) -> _Normal:
        out = self.of(relative)
        return _Normal(self.matrix - out.matrix, self.right - out.right, self.rows - out.rows)

    def solve(self) -> Numbers:
        size = np.sqrt(np.diag(self.matrix).clip(min=0.0) / self.rows)
        size[size < TINY * size.max()] = np.inf  # a feature no row has weighs nothing
        matrix = self.matrix / np.outer(size, size)
        matrix[np.diag_indices_from(matrix)] += RIDGE
        return scipy.linalg.solve(matrix, self.right / size, assume_a="pos") / size


def _without_outliers(relative: Numbers, used: Flags, normal: _Normal) -> tuple[Numbers, Flags]:
    """Weights, and the rows they were fitted to in the end.

    Args:
        relative: Features over costs ``(n, F)``.
        used: Rows that may be used ``(n,)``.
        normal: Normal equations of these rows.
    """
    weights, kept = normal.solve(), used
    for _ in range(REFITS):
        ratio = np.maximum(relative @ weights, TINY)
        near = np.abs(np.log(ratio)) <= np.log(OFF)
        if near[used].mean() < 1.0 - MOST_OUTLIERS:
            break
        kept = used & near
        weights = normal.without(relative[used & ~near]).solve()
    return weights, kept
