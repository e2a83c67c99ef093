"""The front as known during a search, for the screen: never handed to an optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from monas_core.events import EvaluationAdded, FrontChanged
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.feasibility import account, total_misses
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.front import Points, Scale, non_dominated


class LiveFront:
    """The non-dominated architectures of those whose quality is known, costs estimated.

    Of those that meet the limits of the device, if it has any. What was evaluated before is not
    looked at again: a telling costs what is new and what is on the front, however long the search.

    Args:
        problem: What is searched.
        device: Whose front.
        scale: Of the hypervolume.
    """

    def __init__(self, problem: Problem, device: Device, scale: Scale) -> None:
        self._problem, self._device, self._scale = problem, device, scale
        self._limits = problem.limits_on(device)
        self._signs = np.array([sign(objective) for objective in problem.objectives])
        self._begin()

    def _begin(self) -> None:
        self._revision, self._seen = self._problem.evaluator.revision, 0
        self._members: list[dict[str, Any]] = []
        self._points = np.empty((0, len(self._problem.objectives)))  # of the members
        self._all = self._points  # for the account of limits; empty without any

    def changed(self, time: float) -> FrontChanged:
        """The front as it is now, the best first objective first."""
        problem, evaluator = self._problem, self._problem.evaluator
        relative = any(objective.population_relative for objective in problem.objectives)
        if relative or self._revision != evaluator.revision:
            self._begin()
        fresh = evaluator.queried(self._seen)
        self._seen += len(fresh)
        self._take(fresh, evaluator.matrix(fresh, self._device).numpy())
        members = [self._members[index] for index in np.argsort(self._points[:, 0])]
        hypervolume = self._scale.hypervolume(self._points)
        said = account(problem.objectives, self._limits, self._device.name, self._all)
        return FrontChanged(time, self._device.name, hypervolume, members, "search", said)

    def _take(self, fresh: Sequence[Architecture], points: Points) -> None:
        """Compare new points ``(n, M)``, minimised, with the members."""
        if self._limits:
            self._all = np.concatenate([self._all, points])
        missed = total_misses(self._problem.objectives, self._limits, points)
        allowed = np.flatnonzero(missed == 0.0)
        together = np.concatenate([self._points, points[allowed]])
        kept = np.flatnonzero(non_dominated(together))
        old, new = kept[kept < len(self._points)], kept[kept >= len(self._points)]
        which = allowed[new - len(self._points)]
        joined = self._described([fresh[index] for index in which], points[which])
        self._members = [*(self._members[index] for index in old), *joined]
        self._points = together[kept]

    def _described(self, found: Sequence[Architecture], points: Points) -> list[dict[str, Any]]:
        """As screens and logs show members."""
        evaluator = self._problem.evaluator
        names = [objective.short for objective in evaluator.objectives]
        origins = _origins(evaluator, found, self._device)
        return [
            {
                "key": architecture.key,
                "architecture": architecture.to_json(),
                "values": dict(zip(names, (row * self._signs).tolist(), strict=True)),
                "origin": origins[architecture],
            }
            for architecture, row in zip(found, points, strict=True)
        ]


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
