"""The front as known during a search, for the screen: never handed to an optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from monas_core.events import EvaluationAdded, FrontChanged
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.feasibility import account, total_misses
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale, non_dominated


def front_changed(
    time: float, problem: Problem, device: Device, scales: Mapping[str, Scale]
) -> FrontChanged:
    """The non-dominated architectures among those whose quality is known, with estimated costs.

    Of those that meet the limits of the device, if it has any.
    """
    evaluator, limits = problem.evaluator, problem.limits_on(device)
    architectures = evaluator.queried()
    points = evaluator.matrix(architectures, device).numpy()
    allowed = np.flatnonzero(total_misses(problem.objectives, limits, points) == 0.0)
    kept = allowed[non_dominated(points[allowed])]
    signs = np.array([sign(objective) for objective in evaluator.objectives])
    names = [objective.short for objective in evaluator.objectives]
    origins = _origins(evaluator, [architectures[index] for index in kept], device)
    members = [
        {
            "key": architectures[index].key,
            "architecture": architectures[index].to_json(),
            "values": dict(zip(names, (points[index] * signs).tolist(), strict=True)),
            "origin": origins[architectures[index]],
        }
        for index in kept[np.argsort(points[kept, 0])]
    ]
    hypervolume = scales[device.name].hypervolume(points[kept])
    said = account(problem.objectives, limits, device.name, points)
    return FrontChanged(time, device.name, hypervolume, members, "search", said)


def _origins(
    evaluator: Evaluator, architectures: Sequence[Architecture], device: Device
) -> dict[Architecture, dict[str, str]]:
    """Where the values of ``Evaluator.matrix`` come from, by objective."""
    found: dict[Architecture, dict[str, str]] = {a: {} for a in architectures}
    for objective in evaluator.objectives:
        if objective.query or objective.population_relative:
            values = evaluator.values(objective, architectures, device)
        else:
            values = evaluator.estimates(objective, architectures, device)
        for architecture, value in zip(architectures, values, strict=True):
            found[architecture][objective.short] = value.origin
    return found


def points_added(
    time: float, evaluator: Evaluator, device: Device, architectures: Sequence[Architecture]
) -> Iterator[EvaluationAdded]:
    """Newly evaluated architectures as points on one device, costs estimated."""
    if not architectures:
        return
    points = evaluator.matrix(architectures, device).tolist()
    for architecture, row in zip(architectures, points, strict=True):
        values = {
            objective.short: sign(objective) * number
            for objective, number in zip(evaluator.objectives, row, strict=True)
        }
        yield EvaluationAdded(
            time, device.name, architecture.to_json(), architecture.key, values, "search"
        )
