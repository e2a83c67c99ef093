"""Which evaluated architectures meet all limits, and what to say when none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from monas_core.errors import UsageError
from monas_core.values.constraint import Constraint
from monas_core.values.value import Evaluation

CAUTION = 0.05
"""By how much a predicted value keeps off a limit: predictions of new devices often err by 2 %,
seldom by more than 5 % (benchmarks/bench_profile.py)."""

_WORDS: Mapping[str, str] = {"max": "at most", "min": "at least", "equal": "exactly"}


def feasible(
    evaluations: Sequence[Evaluation], limits: Sequence[Constraint], device: str
) -> list[int]:
    """Positions of the evaluations that meet every limit.

    Args:
        evaluations: At least one.
        limits: On objectives, by short name, in their units.
        device: Named in the message.

    Raises:
        UsageError: None does; says which limit cannot be met and the nearest that can be had.
    """
    misses = np.array(
        [[c.violation(e.values[c.objective].value) for c in limits] for e in evaluations]
    ).reshape(len(evaluations), len(limits))
    met = np.flatnonzero((misses == 0.0).all(axis=1)).tolist()
    if not met:
        raise UsageError(_sentence(evaluations, limits, misses, device))
    return met


def cautious(
    evaluations: Sequence[Evaluation], limits: Sequence[Constraint], met: Sequence[int]
) -> list[int]:
    """Those of ``met`` whose predicted values keep off the limits by ``CAUTION``; all if none does.

    Whoever asks for at most 5 ms wants to measure that, not to have it predicted.
    """
    worse = {"max": 1.0 + CAUTION, "min": 1.0 - CAUTION, "equal": 1.0}

    def clear(evaluation: Evaluation, limit: Constraint) -> bool:
        value = evaluation.values[limit.objective]
        factor = worse[limit.kind] if value.origin == "predicted" else 1.0
        return limit.violation(factor * value.value) == 0.0

    return [i for i in met if all(clear(evaluations[i], c) for c in limits)] or list(met)


def _sentence(
    evaluations: Sequence[Evaluation],
    limits: Sequence[Constraint],
    misses: NDArray[np.float64],
    device: str,
) -> str:
    alone = [i for i in range(len(limits)) if misses[:, i].min() > 0.0]
    if alone:
        faults = [
            f"{_said(limits[i], evaluations)} on {device} (the nearest that can be had is "
            f"{_value(limits[i], evaluations[int(misses[:, i].argmin())])})"
            for i in alone
        ]
        return f"No known architecture meets {', nor '.join(faults)}; relax the limit."
    culprit, nearest = _conflict(misses)
    others = " and ".join(_said(c, evaluations) for i, c in enumerate(limits) if i != culprit)
    return (
        f"No known architecture meets {_said(limits[culprit], evaluations)} on {device} together "
        f"with {others} (the nearest that can be had with it is "
        f"{_value(limits[culprit], evaluations[nearest])}); relax one of them."
    )


def _conflict(misses: NDArray[np.float64]) -> tuple[int, int]:
    """The limit that costs least to give up, and who comes nearest to it.

    Among the architectures that meet all limits but one; where every architecture misses
    several, the one whose misses sum up to least counts, with its largest miss.
    """
    best: tuple[float, int, int] | None = None
    for column in range(misses.shape[1]):
        rest = np.delete(misses, column, axis=1).sum(axis=1)
        for row in np.flatnonzero(rest == 0.0):
            found = (float(misses[row, column]), column, int(row))
            best = min(best, found) if best is not None else found
    if best is not None:
        return best[1], best[2]
    row = int(misses.sum(axis=1).argmin())
    return int(misses[row].argmax()), row


def _said(limit: Constraint, evaluations: Sequence[Evaluation]) -> str:
    unit = evaluations[0].values[limit.objective].unit
    return f"{limit.objective} {_WORDS[limit.kind]} {limit.bound:.4g} {unit}".rstrip()


def _value(limit: Constraint, evaluation: Evaluation) -> str:
    value = evaluation.values[limit.objective]
    return f"{value.value:.4g} {value.unit}".rstrip()
