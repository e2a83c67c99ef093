"""What one search minimises: the objectives on one device, or on all devices at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from monas_blackbox.ledger import Ledger
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.feasibility import free_misses, total_misses
from monas_core.problem.problem import Problem
from monas_core.problem.yardstick import reference_sample
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import Points

Across = Literal["each", "joint"]
"""One search per device in turns, all sharing what is evaluated, or one search for all devices."""

Column = NDArray[np.float64]
"""One minimised number per architecture, ``(n,)``."""

_SMALLEST_COST = 1e-12
"""Costs of zero exist in tables and have no logarithm."""


class View(ABC):
    """Minimised points of architectures as one search sees them.

    Attributes:
        place: A device on which the limits can be checked.
        limits: What must hold in this view.
    """

    def __init__(self, problem: Problem, device: Device, limits: Sequence[Constraint]) -> None:
        self.problem = problem
        self.place = device
        self.limits = tuple(limits)
        self._points = np.empty((0, len(problem.objectives)))
        self._relative = any(objective.population_relative for objective in problem.objectives)

    @abstractmethod
    def cost(self, objective: Objective, architectures: Sequence[Architecture]) -> Column:
        """A device cost, minimised; free to look up."""

    def points(self, ledger: Ledger) -> Points:
        """Points of everything in the ledger, ``(n, M)``; known ones are not computed again."""
        begin = 0 if self._relative else len(self._points)
        if begin < len(ledger):
            fresh = self.assembled(ledger.architectures[begin:])
            self._points = np.concatenate([self._points[:begin], fresh])
        return self._points

    def assembled(
        self, architectures: Sequence[Architecture], quality: Column | None = None
    ) -> Points:
        """Points ``(n, M)``, with ``quality`` in place of every queried objective if given."""
        columns: list[Column] = []
        for objective in self.problem.objectives:
            if objective.query and quality is not None:
                columns.append(quality)
            elif objective.query or objective.device_metric is None:
                columns.append(self._shared(objective, architectures))
            else:
                columns.append(self.cost(objective, architectures))
        return np.stack(columns, axis=1)

    def misses(self, ledger: Ledger) -> Column:
        """By how much everything in the ledger misses the limits, ``(n,)``."""
        return total_misses(self.problem.objectives, self.limits, self.points(ledger))

    def free_misses(self, architectures: Sequence[Architecture]) -> Column:
        """As ``misses``, of the limits that can be checked without a query."""
        return free_misses(self.problem, architectures, self.place, self.limits)

    def inside(self, rows: Tensor) -> Tensor:
        """Those of rows ``(n, C)`` that miss no limit that can be checked without a query."""
        if not self.limits:
            return rows
        missed = self.free_misses(population.decode(self.problem.choices, rows))
        return rows[torch.from_numpy(missed == 0.0)]

    def _shared(self, objective: Objective, architectures: Sequence[Architecture]) -> Column:
        evaluator = self.problem.evaluator
        if objective.query:
            found = evaluator.values(objective, architectures, None)
        else:
            found = evaluator.estimates(objective, architectures, self.problem.devices[0])
        return _minimised(objective, [value.value for value in found])


class DeviceView(View):
    """The objectives as they are on one device, under the limits there unless others are given."""

    def __init__(
        self, problem: Problem, device: Device, limits: Sequence[Constraint] | None = None
    ) -> None:
        super().__init__(problem, device, problem.limits_on(device) if limits is None else limits)
        self.device = device

    def cost(self, objective: Objective, architectures: Sequence[Architecture]) -> Column:
        """The estimate for the device."""
        found = self.problem.evaluator.estimates(objective, architectures, self.device)
        return _minimised(objective, [value.value for value in found])


class JointView(View):
    """Each device cost is the mean over all devices of its standardised logarithm.

    Mean and standard deviation of a device's log costs come from the reference sample, so
    that a slow device weighs no more than a fast one.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, problem.devices[0], problem.limits)
        choices = problem.choices
        rows = population.encode(choices, reference_sample(problem.context.space))
        self._sample = population.decode(choices, rows[problem.available(rows)])
        self._scales: dict[tuple[str, str], tuple[float, float]] = {}

    def cost(self, objective: Objective, architectures: Sequence[Architecture]) -> Column:
        """The mean over the devices."""
        columns: list[Column] = []
        for device in self.problem.devices:
            centre, width = self._scale(objective, device)
            columns.append((self._logs(objective, architectures, device) - centre) / width)
        return _minimised(objective, np.mean(columns, axis=0))

    def _scale(self, objective: Objective, device: Device) -> tuple[float, float]:
        key = (objective.name, device.name)
        if key not in self._scales:
            logs = self._logs(objective, self._sample, device)
            self._scales[key] = (float(logs.mean()), float(logs.std()) or 1.0)
        return self._scales[key]

    def _logs(
        self, objective: Objective, architectures: Sequence[Architecture], device: Device
    ) -> Column:
        found = self.problem.evaluator.estimates(objective, architectures, device)
        return np.log(np.maximum([value.value for value in found], _SMALLEST_COST))


def views(problem: Problem, across: Across) -> list[View]:
    """One per device for ``each``; one in all for ``joint`` and where devices do not matter.

    Limits on what devices cost, or on one of them, leave nothing in common to search jointly:
    the devices then take turns.
    """
    costs = {o.short for o in problem.objectives if o.device_metric is not None}
    apart = any(c.device is not None or c.objective in costs for c in problem.limits)
    if not costs and not apart:
        return [DeviceView(problem, problem.devices[0])]
    if across == "joint" and not apart:
        return [JointView(problem)]
    return [DeviceView(problem, device) for device in problem.devices]


def _minimised(objective: Objective, values: Sequence[float] | Column) -> Column:
    return sign(objective) * np.asarray(values, dtype=np.float64)
