"""Rank correlations as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from scipy import stats

Numbers = Sequence[float] | NDArray[Any]


def spearman(first: Numbers, second: Numbers) -> float:
    """Spearman's rho of two equally long series; NaN where one never varies."""
    found: Any = stats.spearmanr(first, second)
    return float(found.statistic)


def kendall(first: Numbers, second: Numbers) -> float:
    """Kendall's tau-b of two equally long series."""
    found: Any = stats.kendalltau(first, second)
    return float(found.statistic)
