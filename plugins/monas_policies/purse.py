"""The cost that budgets are about: which objective, and how devices are made comparable."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.device import Device, identity
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding

_SMALLEST = 1e-12
"""Costs of zero exist in tables and have no logarithm."""


class Purse:
    """Anchored costs: logarithms less the mean logarithm of the device's reference set.

    A budget that is generous on one device is then about as generous on another of the same
    anchored value, also on one that no search has seen.

    Args:
        problem: Of the search.
        wanted: Short name of the objective; "" to choose one.

    Attributes:
        objective: The cost; ``None`` where the run has none: every cost is then 0.

    Raises:
        UsageError: There is no such objective.
    """

    def __init__(self, problem: Problem, wanted: str) -> None:
        self.problem = problem
        self.objective = _objective(problem, wanted)
        self._last: tuple[Tensor, Tensor] | None = None
        self._anchors: dict[tuple[str, str], float] = {}

    def costs(self, architectures: Sequence[Architecture], device: Device) -> Tensor:
        """Anchored costs, ``(n,)``."""
        return self._logs(architectures, device) - self.anchor(device)

    def table(self, rows: Tensor) -> Tensor:
        """Anchored costs of a population ``(n, C)`` on every search device, ``(n, T)``.

        Remembered for the tensor asked for last: learning asks for the same one many times.
        """
        if self._last is None or self._last[0] is not rows:
            found = population.decode(self.problem.choices, rows)
            columns = [self.costs(found, device) for device in self.problem.devices]
            self._last = rows, torch.stack(columns, 1)
        return self._last[1]

    def anchor(self, device: Device) -> float:
        """Mean logarithm of the costs of the reference set."""
        key = device.name, identity(device)
        if key not in self._anchors:
            self._anchors[key] = float(self._logs(self.problem.references, device).mean())
        return self._anchors[key]

    def budget(self, limits: Sequence[Constraint], device: Device) -> float | None:
        """The anchored budget that limits set on a device; ``None`` where they set none."""
        bounds = [
            limit.bound
            for limit in holding(limits, device.name)
            if self.objective is not None
            and limit.objective == self.objective.short
            and limit.kind != "min"
        ]
        if not bounds or min(bounds) <= 0:
            return None
        return float(torch.tensor(min(bounds), dtype=torch.float64).log()) - self.anchor(device)

    def _logs(self, architectures: Sequence[Architecture], device: Device) -> Tensor:
        if self.objective is None:
            return torch.zeros(len(architectures))
        found = self.problem.evaluator.estimates(self.objective, architectures, device)
        values = torch.tensor([value.value for value in found], dtype=torch.float64)
        return values.clamp_min(_SMALLEST).log().float()


def _objective(problem: Problem, wanted: str) -> Objective | None:
    free = [o for o in problem.objectives if not o.query and sign(o) > 0]
    names = {o.short: o for o in free} | {o.name: o for o in free}
    if wanted and wanted not in names:
        raise UsageError(
            f'options.optimizer.cost: "{wanted}" is no minimised cost of this run; it has: '
            f"{', '.join(o.short for o in free) or 'none'}."
        )
    if wanted:
        return names[wanted]
    limited = [names[c.objective] for c in problem.limits if c.objective in names]
    costly = [o for o in free if o.device_metric is not None]
    return next(iter((*limited, *costly, *free)), None)
