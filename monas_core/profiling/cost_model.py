"""A cost model of a device, fitted to a few measured architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from monas_core.tracing.workload import Workload

FEATURES = ("constant", "matrix kernels", "other kernels", "FLOPs", "matrix traffic", "traffic")


@attrs.frozen
class CostModel:
    """Non-negative sum of workload features.

    Attributes:
        weights: Cost per unit of each of ``FEATURES``.
        error: Median relative error on architectures left out of the fit, one at a time;
            0 where there is only one.
        count: Architectures measured.
    """

    weights: tuple[float, ...] = attrs.field(converter=tuple)
    error: float
    count: int

    def predict(self, workloads: Sequence[Workload]) -> list[float]:
        """One cost per workload, in the unit that was fitted."""
        return (_features(workloads) @ np.array(self.weights)).tolist()

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CostModel:
        """Inverse of ``to_json``."""
        return cls(**document)


def fit(workloads: Sequence[Workload], costs: Sequence[float]) -> CostModel:
    """Least squares on the relative error, weights not negative.

    A cost that fell with more work would invite a search to exploit the model,
    so no weight may be negative.

    Args:
        workloads: n networks, at least one.
        costs: Their measured costs, positive.
    """
    features, target = _features(workloads), np.array(costs)
    weights = _solve(features, target)
    misses = []
    for left_out in range(len(target) if len(target) > 1 else 0):
        rest = np.arange(len(target)) != left_out
        guess = features[left_out] @ _solve(features[rest], target[rest])
        misses.append(abs(guess / target[left_out] - 1.0))
    return CostModel(tuple(weights.tolist()), float(np.median(misses or 0.0)), len(target))


def _features(workloads: Sequence[Workload]) -> np.ndarray:
    """``(n, 6)`` float64, columns as in ``FEATURES``."""
    rows = []
    for workload in workloads:
        flops, elements = workload.flops.numpy(), workload.elements.numpy()
        matrix = flops > 0
        rows.append(
            (
                1.0,
                matrix.sum(),
                (~matrix).sum(),
                flops.sum(),
                elements[matrix].sum(),
                elements[~matrix].sum(),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES))


def _solve(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights ``(6,)`` that minimise the sum of squared relative errors."""
    from scipy.optimize import nnls  # a quarter of a second that only fitting needs

    relative = features / target[:, None]  # (n, 6); the target becomes 1
    scale = np.linalg.norm(relative, axis=0)
    scale[scale == 0] = 1.0
    weights, _ = nnls(relative / scale, np.ones(len(target)))
    return weights / scale
