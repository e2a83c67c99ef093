"""Contests under limits: what may be asked, and which points count.

Hypervolume counts inside the limits only. A limit on the good side of an objective (latency at
most, accuracy at least) never removes who dominates somebody inside, so the best front under
the limits is the part of the best front that meets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.objective import Objective, sign
from monas_core.problem.benchmark import Benchmark
from monas_core.problem.feasibility import misses, total_misses
from monas_core.running.limits import described, reachable, vocabulary
from monas_core.values.constraint import Constraint, holding
from monas_core.values.front import Points


def limits_of_contest(
    stated: Mapping[str, Mapping[str, Any]],
    catalog: Catalog,
    benchmark: Benchmark,
    devices: Sequence[str],
) -> tuple[Constraint, ...]:
    """The limits everybody has to meet.

    Args:
        stated: By option, by ``NAME[@DEVICE]`` and value: ``{"max": {"lat": "5ms"}}``.
        devices: Those of the contest.

    Raises:
        UsageError: An unknown name or device, a wrong unit, or a limit on the wrong side.
    """
    objectives = benchmark.objectives
    found = reachable(vocabulary(catalog, objectives).limits(stated, devices), objectives)
    for limit in found:
        good = "max" if sign(_objective(limit, objectives)) > 0 else "min"
        if limit.kind != good:
            raise UsageError(
                f"{described(limit, objectives)} asks for a worse value than could be had, and a "
                f"contest counts the best ones; limit {limit.objective} with --{good}."
            )
    return found


def inside(
    limits: Sequence[Constraint], objectives: Sequence[Objective], device: str, points: Points
) -> NDArray[np.bool_]:
    """Which of some minimised points ``(n, M)`` meet every limit on a device, ``(n,)``."""
    return total_misses(objectives, holding(limits, device), points) == 0.0


def kept(
    limits: Sequence[Constraint], objectives: Sequence[Objective], device: str, front: Points
) -> Points:
    """The part of the best front that meets the limits.

    Raises:
        UsageError: Nothing does; says the nearest that can be had.
    """
    found = front[inside(limits, objectives, device, front)]
    if len(found):
        return found
    binding = holding(limits, device)
    table = misses(objectives, binding, front)
    hardest = int(table.min(axis=0).argmax())
    objective = _objective(binding[hardest], objectives)
    column = [o.short for o in objectives].index(objective.short)
    value = sign(objective) * front[int(table[:, hardest].argmin()), column]
    said = " together with ".join(
        limit.said(_objective(limit, objectives).unit) for limit in binding
    )
    raise UsageError(
        f"No known architecture meets {said} on {device} (the nearest {objective.short} that can "
        f"be had is {value:.4g} {objective.unit}); relax the limit."
    )


def _objective(limit: Constraint, objectives: Sequence[Objective]) -> Objective:
    return next(o for o in objectives if o.short == limit.objective)
