"""Whether one optimizer is better than another beyond what seeds alone explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

METHOD = (
    "two-sided permutation tests of the difference of means over seeds (exact up to 9 "
    "seeds), paired by seed and unpaired, Holm-corrected"
)
_PERMUTATIONS = 50_000


def compare_all(scores: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Every pair of optimizers, the better one first; corrected over all pairs.

    Args:
        scores: By optimizer, one number per seed in the order of the seeds, higher is better.
    """
    return _compare(scores, list(combinations(_ranked(scores), 2)))


def compare_with_best(scores: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """The best optimizer against each other one; corrected over these pairs."""
    best, *others = _ranked(scores)
    return _compare(scores, [(best, other) for other in others])


def smallest_p(seeds: int, *, paired: bool) -> float:
    """The least p value that an exact test over this many seeds can give."""
    from math import comb

    return 2 / (2**seeds if paired else comb(2 * seeds, seeds)) if seeds > 1 else 1.0


def holm(values: Sequence[float]) -> list[float]:
    """Corrected p values (Holm, 1979), in the order given."""
    corrected = [0.0] * len(values)
    largest = 0.0
    for rank, index in enumerate(np.argsort(values, kind="stable")):
        largest = max(largest, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = largest
    return corrected


def _ranked(scores: Mapping[str, Sequence[float]]) -> list[str]:
    return sorted(scores, key=lambda name: -float(np.mean(scores[name])))


def _compare(
    scores: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for first, second in pairs:
        one, two = (np.asarray(scores[name], dtype=np.float64) for name in (first, second))
        rows.append(
            {
                "first": first,
                "second": second,
                "difference": float(one.mean() - two.mean()),
                "ahead": int((one > two).sum()),
                "seeds": len(one),
                "p_paired": _p_value(one, two, "samples"),
                "p_unpaired": _p_value(one, two, "independent"),
            }
        )
    for test in ("p_paired", "p_unpaired"):
        for row, corrected in zip(rows, holm([row[test] for row in rows]), strict=True):
            row[f"{test}_holm"] = corrected
    return rows


def _p_value(one: NDArray[np.float64], two: NDArray[np.float64], kind: Any) -> float:
    """Share of rearrangements with at least this difference; 1 for a single seed."""
    if len(one) < 2:
        return 1.0
    found = permutation_test(
        (one, two),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type=kind,
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        random_state=np.random.default_rng(0),  # pyright: ignore[reportCallIssue] - rng, later
    )
    return float(found.pvalue)
