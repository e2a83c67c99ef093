"""What most decides quality and cost: permutation importance of choices, with its error.

A regression is fitted to most of the architectures that the search evaluated and asked about the
rest. Shuffling the answers to one choice among those makes its predictions worse; half
the additional squared error, as a share of the variance, estimates the choice's total Sobol index
(Gregorutti et al., "Correlation and variable importance in random forests", 2017, proposition 1).
It speaks of the networks that were evaluated, which a search does not draw evenly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from monas_core.report.history import Evaluated
from monas_core.ui.text import stem

Table = NDArray[np.float64]

LEAST_FIT = 0.5
"""Explained share of the variance of held-out values below which nothing is claimed."""
_LEAST_POINTS = 40
_MOST_POINTS = 400
_SPLITS = 5
_SHUFFLES = 6
_HELD_OUT = 0.3
_RIDGES = tuple(10.0**power for power in range(-6, 2))


@attrs.frozen
class Importance:
    """Of all choices for one objective on one device.

    Attributes:
        objective: Its name.
        device: Where; empty if it is the same on all devices.
        points: Architectures that it was learnt from.
        fit: Share of the variance of held-out values that predictions explain (R²), the mean of
            several splits; below ``LEAST_FIT`` there are no shares.
        shares: By choice (numbered ones together), largest first: share of the variance and its
            standard error over splits.
    """

    objective: str
    device: str
    points: int
    fit: float
    shares: Mapping[str, tuple[float, float]]

    @property
    def said(self) -> str:
        """The choices that matter, in words."""
        where = f"{self.objective} on {self.device}" if self.device else self.objective
        if not self.shares:
            return (
                f"{where}: no claim, since predictions explain only "
                f"{max(0.0, self.fit):.0%} of what varies"
            )
        told = [
            f"{name} {share:.0%} ± {math.ceil(100 * error)}"
            for name, (share, error) in self.shares.items()
            if share > 2 * error and share >= 0.03
        ]
        return f"{where}: {', '.join(told[:4]) or 'no choice alone'}"


def importance(
    evaluated: Sequence[Evaluated],
    objective: str,
    device: str,
    conditions: Mapping[str, Sequence[Any]],
    *,
    ratio: bool,
) -> Importance | None:
    """Of the choices for one objective; ``None`` with too few evaluations, or nothing that varies.

    Args:
        evaluated: What the search evaluated.
        objective: Short name.
        device: Whose values.
        conditions: ``[parent, [options]]`` by conditional choice: an answer that does not count
            cannot matter.
        ratio: Whether logarithms are explained instead of values.
    """
    known = [
        e for e in evaluated if math.isfinite(e.values.get(device, {}).get(objective, math.nan))
    ]
    known = known[:: -(-len(known) // _MOST_POINTS)] if known else []
    targets = np.array([e.values[device][objective] for e in known], dtype=np.float64)
    if ratio and len(targets) and (targets > 0).all():
        targets = np.log(targets)
    if len(known) < _LEAST_POINTS or targets.std() < 1e-9:
        return None
    answers = _Answers([e.choices for e in known], conditions)
    rng = np.random.default_rng(0)
    fits, tables = [], []
    for _ in range(_SPLITS):
        fit, shares = _one_split(answers, targets, rng)
        fits.append(fit)
        tables.append(shares)
    fit = float(np.mean(fits))
    shares = {}
    if fit >= LEAST_FIT:
        means, errors = np.mean(tables, 0), np.std(tables, 0, ddof=1) / math.sqrt(_SPLITS)
        order = np.argsort(-means)
        shares = {answers.stems[i]: (max(0.0, float(means[i])), float(errors[i])) for i in order}
    return Importance(objective, device, len(known), fit, shares)


def _one_split(
    answers: _Answers, targets: Table, rng: np.random.Generator
) -> tuple[float, list[float]]:
    """R² on held-out architectures and, by stem, the share of the variance."""
    order = rng.permutation(len(targets))
    size = max(10, int(_HELD_OUT * len(targets)))
    held, kept = order[:size], order[size:]
    centre, width = targets[kept].mean(), targets[kept].std() or 1.0
    scaled = (targets - centre) / width
    predict = _fitted(answers.encoded(kept), scaled[kept])
    variance = scaled[held].var() or 1.0
    error = _squared(predict(answers.encoded(held)), scaled[held])
    shares = []
    for name in answers.stems:
        shuffled = [
            _squared(predict(answers.encoded(held, name, rng.permutation(held))), scaled[held])
            for _ in range(_SHUFFLES)
        ]
        shares.append(float((np.mean(shuffled) - error) / (2 * variance)))
    return float(1 - error / variance), shares


def _squared(predicted: Table, known: Table) -> float:
    return float(np.square(predicted - known).mean())


def _fitted(inputs: Table, targets: Table) -> Callable[[Table], Table]:
    """Kernel ridge regression with all choices and pairs of them, as a function of features.

    The kernel is (1 + x.y / n)^2; of some ridges the one with the smallest leave-one-out error
    is taken (Rasmussen and Williams, 2006, eq. 5.12).
    """
    count = inputs.sum(axis=1).max() or 1.0
    values, vectors = np.linalg.eigh(np.square(1 + inputs @ inputs.T / count))
    turned, squares = vectors.T @ targets, np.square(vectors)
    best, weights = math.inf, np.zeros(len(targets))
    for ridge in _RIDGES:
        shrunk = 1 / (np.maximum(values, 0.0) + ridge)
        dual = vectors @ (shrunk * turned)
        error = float(np.square(dual / (squares @ shrunk)).sum())
        if error < best:
            best, weights = error, dual
    return lambda features: np.square(1 + features @ inputs.T / count) @ weights


class _Answers:
    """Architectures as indicator features; answers that do not count are all zero."""

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], conditions: Mapping[str, Sequence[Any]]
    ) -> None:
        every = list(rows[0])
        self._options = {n: list(dict.fromkeys(row.get(n) for row in rows)) for n in every}
        self._answers = {
            n: np.array([self._options[n].index(row.get(n)) for row in rows]) for n in every
        }
        self._conditions = {n: conditions[n] for n in every if n in conditions}
        self.names = [name for name in every if len(self._options[name]) > 1]
        self._stem = {name: stem(name) for name in self.names}
        self.stems = list(dict.fromkeys(self._stem.values()))

    def encoded(
        self, which: NDArray[np.int64], shuffled: str = "", donors: NDArray[np.int64] | None = None
    ) -> Table:
        """Features ``(n, F)`` of some rows; a stem's answers come from the donors instead."""
        answers = {
            name: column[
                donors if donors is not None and self._stem.get(name) == shuffled else which
            ]
            for name, column in self._answers.items()
        }
        active: dict[str, NDArray[np.bool_]] = {}
        for name in answers:  # a parent stands before its children
            parent, options = self._conditions.get(name, (None, ()))
            active[name] = np.ones(len(which), dtype=bool)
            if parent in answers:
                known = self._options[parent]
                counting = [known.index(option) for option in options if option in known]
                active[name] = active[parent] & np.isin(answers[parent], counting)
        parts = [
            np.eye(len(self._options[name]))[answers[name]] * active[name][:, None]
            for name in self.names
        ]
        return np.concatenate(parts, axis=1)
