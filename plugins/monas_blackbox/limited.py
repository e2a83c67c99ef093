"""What one search minimises when a limit keeps it off what costs too much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from monas_blackbox.ledger import Ledger
from monas_blackbox.views import Column, DeviceView
from monas_core.errors import UsageError
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.problem.yardstick import reference_sample
from monas_core.values import population
from monas_core.values.constraint import Constraint


class LimitedView(DeviceView):
    """A device's objectives, of which limits bind some and the mean of the others is minimised.

    Args:
        problem: Of the search.
        device: Where costs are looked up.
        limits: What has to hold.
    """

    def __init__(self, problem: Problem, device: Device, limits: Sequence[Constraint]) -> None:
        super().__init__(problem, device, limits)
        bound = {limit.objective for limit in limits if limit.kind != "min"}
        free = [i for i, o in enumerate(problem.objectives) if o.short not in bound]
        queried = [i for i, o in enumerate(problem.objectives) if o.query]
        self._sought = [i for i in queried if i in free] or free

    def score(self, ledger: Ledger) -> Column:
        """The mean of what is sought, each standardised and minimised, ``(n,)``."""
        points = self.points(ledger)[:, self._sought]
        if points.shape[1] == 0:
            return np.zeros(len(points))
        spread = points.std(axis=0)
        return ((points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)).mean(axis=1)


def limited_views(problem: Problem, count: int, cost: str) -> list[LimitedView]:
    """For every device one view of its limits, or ``count`` with a limit on the cost each.

    Raises:
        UsageError: There is no such cost.
    """
    objective = _cost(problem, cost)
    apart = any(o.device_metric is not None for o in problem.objectives)
    devices = problem.devices if apart else problem.devices[:1]
    found: list[LimitedView] = []
    for device in devices:
        stated = problem.limits_on(device)
        if stated or objective is None:
            found.append(LimitedView(problem, device, stated))
            continue
        found += [
            LimitedView(problem, device, [Constraint(objective.short, "max", bound)])
            for bound in _spread(problem, objective, device, count)
        ]
    return found


def _spread(problem: Problem, objective: Objective, device: Device, count: int) -> list[float]:
    """Bounds at even quantiles of random architectures' costs, the highest last."""
    choices = problem.choices
    rows = population.encode(choices, reference_sample(problem.context.space))
    sample = population.decode(choices, rows[problem.available(rows)])
    costs = [v.value for v in problem.evaluator.estimates(objective, sample, device)]
    shares = torch.arange(1, count + 1).double() / count
    return torch.tensor(costs, dtype=torch.float64).quantile(shares).tolist()


def _cost(problem: Problem, wanted: str) -> Objective | None:
    free = [
        o for o in problem.objectives
        if not o.query and not o.population_relative and sign(o) > 0
    ]  # fmt: skip
    if wanted:
        for objective in free:
            if wanted in (objective.short, objective.name):
                return objective
        raise UsageError(
            f'options.optimizer.cost: "{wanted}" is no minimised cost of this run; it has: '
            f"{', '.join(o.short for o in free) or 'none'}."
        )
    return next(iter((*(o for o in free if o.device_metric is not None), *free)), None)
