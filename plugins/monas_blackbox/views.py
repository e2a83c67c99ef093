"""What one search minimises: the objectives on one device, or on all devices at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from monas_blackbox.ledger import Ledger
from monas_core import population
from monas_core.architecture import Architecture
from monas_core.device import Device
from monas_core.front import Points
from monas_core.objective import sign
from monas_core.problem import Problem
from monas_core.yardstick import reference_sample

Across = Literal["each", "joint"]
"""One search per device in turns, all sharing what is evaluated, or one search for all devices."""

_SMALLEST_COST = 1e-12
"""Costs of zero exist in tables and have no logarithm."""


class View(ABC):
    """Minimised points of evaluated architectures; those seen before are not computed again."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._points = np.empty((0, len(problem.objectives)))
        self._relative = any(objective.population_relative for objective in problem.objectives)

    def points(self, ledger: Ledger) -> Points:
        """Points of everything in the ledger, ``(n, M)``."""
        begin = 0 if self._relative else len(self._points)
        if begin < len(ledger):
            known = self._points[:begin]
            self._points = np.concatenate([known, self.of(ledger.architectures[begin:])])
        return self._points

    @abstractmethod
    def of(self, architectures: Sequence[Architecture]) -> Points:
        """Points of some architectures whose quality is known, ``(n, M)``."""


class DeviceView(View):
    """The objectives as they are on one device."""

    def __init__(self, problem: Problem, device: Device) -> None:
        super().__init__(problem)
        self.device = device

    def of(self, architectures: Sequence[Architecture]) -> Points:
        """Values on the device."""
        return self.problem.evaluator.matrix(architectures, self.device).numpy()


class JointView(View):
    """Device costs replaced by their mean over all devices of standardised logarithms.

    Mean and standard deviation of each device's log costs come from the reference sample,
    so that a slow device weighs no more than a fast one.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._costs = np.array([o.device_metric is not None for o in problem.objectives])
        self._signs = np.array([sign(objective) for objective in problem.objectives])
        choices = problem.choices
        rows = population.encode(choices, reference_sample(choices))
        sample = population.decode(choices, rows[problem.available(rows)])
        logs = [self._logs(sample, device) for device in problem.devices]
        self._centres = [log.mean(axis=0) for log in logs]
        self._widths = [np.where(log.std(axis=0) > 0, log.std(axis=0), 1.0) for log in logs]

    def of(self, architectures: Sequence[Architecture]) -> Points:
        """Shared objectives as they are, costs averaged."""
        devices = self.problem.devices
        points = self.problem.evaluator.matrix(architectures, devices[0]).numpy().copy()
        scaled = [
            (self._logs(architectures, device) - centre) / width
            for device, centre, width in zip(devices, self._centres, self._widths, strict=True)
        ]
        points[:, self._costs] = np.mean(scaled, axis=0)
        return points

    def _logs(
        self, architectures: Sequence[Architecture], device: Device
    ) -> NDArray[np.float64]:
        """Minimised log costs ``(n, number of costs)``."""
        columns = [
            [value.value for value in self.problem.evaluator.estimates(o, architectures, device)]
            for o in self.problem.objectives
            if o.device_metric is not None
        ]
        costs = np.array(columns).reshape(len(columns), len(architectures)).T
        return self._signs[self._costs] * np.log(np.maximum(costs, _SMALLEST_COST))


def views(problem: Problem, across: Across) -> list[View]:
    """One view per device for ``each``, one in all for ``joint`` and where devices do not matter."""
    if all(objective.device_metric is None for objective in problem.objectives):
        return [DeviceView(problem, problem.devices[0])]
    if across == "joint":
        return [JointView(problem)]
    return [DeviceView(problem, device) for device in problem.devices]
