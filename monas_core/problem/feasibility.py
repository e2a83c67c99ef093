"""Who meets all limits, by how much others miss them, and what to say when nobody does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.front import Points
from monas_core.values.value import Evaluation

Misses = NDArray[np.float64]
"""Relative violations, 0 where a limit is met."""

CAUTION = 0.05
"""By how much a predicted value keeps off a limit: predictions of new devices often err by 2 %,
seldom by more than 5 % (benchmarks/bench_profile.py)."""


def bounds(
    objectives: Sequence[Objective], limits: Sequence[Constraint]
) -> list[tuple[int, float, float, float]]:
    """Each limit as column, least and greatest minimised value, and scale of its violations."""
    columns = {objective.short: index for index, objective in enumerate(objectives)}
    found: list[tuple[int, float, float, float]] = []
    for limit in limits:
        column = columns[limit.objective]
        low, high = limit.interval
        if sign(objectives[column]) < 0:
            low, high = -high, -low
        found.append((column, low, high, limit.scale))
    return found


def misses(objectives: Sequence[Objective], limits: Sequence[Constraint], points: Points) -> Misses:
    """By how much minimised points ``(n, M)`` miss each limit, relative to it, ``(n, L)``."""
    table = np.zeros((len(points), len(limits)))
    for index, (column, low, high, scale) in enumerate(bounds(objectives, limits)):
        values = points[:, column]
        table[:, index] = np.maximum(0.0, np.maximum(low - values, values - high)) / scale
    return table


def total_misses(
    objectives: Sequence[Objective], limits: Sequence[Constraint], points: Points
) -> Misses:
    """The sum of misses of each point, ``(n,)``; 0 for who meets all limits.

    Constrained domination (Deb, 2000; Deb et al., NSGA-II, 2002, section VI): who meets all
    limits goes before who does not, and of those who do not, the smaller sum goes first.
    """
    return misses(objectives, limits, points).sum(axis=1)


def free_misses(
    problem: Problem,
    architectures: Sequence[Architecture],
    device: Device,
    limits: Sequence[Constraint] | None = None,
) -> Misses:
    """Total misses ``(n,)`` on a device, of the limits that can be checked without a query.

    Whoever misses one of them is not worth a query for this device.
    """
    free = {o.short: o for o in problem.objectives if not o.query}
    total = np.zeros(len(architectures))
    for limit in problem.limits_on(device) if limits is None else limits:
        if limit.objective in free and architectures:
            found = problem.evaluator.estimates(free[limit.objective], architectures, device)
            total += [limit.violation(value.value) for value in found]
    return total


def admitted(total: Misses) -> NDArray[np.int64]:
    """Positions of who meets all limits; where nobody does, of who comes nearest."""
    return np.flatnonzero(total <= (total.min() if len(total) else 0.0))


def met(evaluations: Sequence[Evaluation], limits: Sequence[Constraint]) -> list[int]:
    """Positions of the evaluations that meet every limit, maybe none."""
    table = _table(evaluations, limits)
    return np.flatnonzero((table == 0.0).all(axis=1)).tolist()


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
    found = met(evaluations, limits)
    if not found:
        raise UsageError(unmet(evaluations, limits, device))
    return found


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


def unmet(evaluations: Sequence[Evaluation], limits: Sequence[Constraint], device: str) -> str:
    """One sentence on limits that nobody meets: which, and the nearest that can be had."""
    table = _table(evaluations, limits)
    alone = [i for i in range(len(limits)) if table[:, i].min() > 0.0]
    if alone:
        faults = [
            f"{_said(limits[i], evaluations)} on {device} (the nearest that can be had is "
            f"{_value(limits[i], evaluations[int(table[:, i].argmin())])})"
            for i in alone
        ]
        return f"No known architecture meets {', nor '.join(faults)}; relax the limit."
    culprit, nearest = _conflict(table)
    others = " and ".join(_said(c, evaluations) for i, c in enumerate(limits) if i != culprit)
    return (
        f"No known architecture meets {_said(limits[culprit], evaluations)} on {device} together "
        f"with {others} (the nearest that can be had with it is "
        f"{_value(limits[culprit], evaluations[nearest])}); relax one of them."
    )


def account(
    objectives: Sequence[Objective],
    limits: Sequence[Constraint],
    device: str,
    points: Points,
) -> list[dict[str, object]]:
    """What files and screens show of the limits on a device: said, met by how many, nearest.

    Args:
        objectives: Of the run.
        limits: Of the run; those of other devices are left out.
        device: Where they hold.
        points: Minimised, of everything known there, ``(n, M)``.
    """
    own = holding(limits, device)
    table = misses(objectives, own, points)
    columns = [column for column, *_ in bounds(objectives, own)]
    found: list[dict[str, object]] = []
    for index, (limit, column) in enumerate(zip(own, columns, strict=True)):
        objective = objectives[column]
        nearest = None
        if len(points):
            nearest = sign(objective) * float(points[int(table[:, index].argmin()), column])
        found.append(
            {
                "objective": limit.objective,
                "kind": limit.kind,
                "bound": limit.bound,
                "tolerance": limit.tolerance,
                "unit": objective.unit,
                "said": limit.said(objective.unit),
                "met": int((table[:, index] == 0.0).sum()),
                "of": len(points),
                "nearest": nearest,
            }
        )
    return found


def _table(evaluations: Sequence[Evaluation], limits: Sequence[Constraint]) -> Misses:
    rows = [[c.violation(e.values[c.objective].value) for c in limits] for e in evaluations]
    return np.array(rows, dtype=np.float64).reshape(len(evaluations), len(limits))


def _conflict(table: Misses) -> tuple[int, int]:
    """The limit that costs least to give up, and who comes nearest to it.

    Among the architectures that meet all limits but one; where every architecture misses
    several, the one whose misses sum up to least counts, with its largest miss.
    """
    best: tuple[float, int, int] | None = None
    for column in range(table.shape[1]):
        rest = np.delete(table, column, axis=1).sum(axis=1)
        for row in np.flatnonzero(rest == 0.0):
            found = (float(table[row, column]), column, int(row))
            best = min(best, found) if best is not None else found
    if best is not None:
        return best[1], best[2]
    row = int(table.sum(axis=1).argmin())
    return int(table[row].argmax()), row


def _said(limit: Constraint, evaluations: Sequence[Evaluation]) -> str:
    return limit.said(evaluations[0].values[limit.objective].unit)


def _value(limit: Constraint, evaluation: Evaluation) -> str:
    value = evaluation.values[limit.objective]
    return f"{value.value:.4g} {value.unit}".rstrip()
