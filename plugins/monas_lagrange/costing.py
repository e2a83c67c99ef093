"""Costs of architectures and of mixtures: priced a few at a time, then fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from monas_core.learning.expected import ExpectedCost
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.values import population
from monas_core.values.constraint import Constraint
from monas_core.values.relaxation import Relaxation
from monas_lagrange.aims import costs_of

_PRICED_AT_ONCE = 32


class Costing:
    """The costs a search can follow, O objectives on D devices.

    Args:
        problem: Of the search.
        count: Architectures whose costs expected costs are fitted to.
        generator: Draws them, and the seed of fresh networks.

    Attributes:
        sample: A population, ``(n, C)``, the two ends first.
        table: Costs of the first m of them, ``(O, m, D)``.
        expected: A model of each objective, once all are priced.
    """

    def __init__(self, problem: Problem, count: int, generator: torch.Generator) -> None:
        self.problem, self._generator = problem, generator
        rows = torch.cat([problem.ends, problem.draw(count, generator)])
        self.sample = population.unique_rows(rows[problem.available(rows)])
        with seeded_construction(int(torch.randint(2**31, (), generator=generator))):
            self.expected = [
                ExpectedCost(objective, problem.devices, problem.context)
                for objective in costs_of(problem)
            ]
        shape = (len(self.expected), 0, len(problem.devices))
        self.table = torch.zeros(shape, dtype=torch.float64)

    @property
    def done(self) -> bool:
        """Whether all are priced, or there is no cost."""
        return not self.expected or self.table.shape[1] == len(self.sample)

    def price(self) -> dict[str, float]:
        """Price the next few of the sample; how good the models are once all are known."""
        begin = self.table.shape[1]
        rows = self.sample[begin : begin + _PRICED_AT_ONCE]
        self.table = torch.cat([self.table, self.own(rows).transpose(1, 2)], 1)
        if not self.done:
            return {}
        for model, costs in zip(self.expected, self.table, strict=True):
            model.fit(self.sample, costs, self._generator)
        return {"cost error": max(float(model.error.max()) for model in self.expected)}

    def costs(self, relaxation: Relaxation) -> Tensor:
        """Expected costs ``(O, D, A)``, float64, differentiable."""
        found = [model(relaxation).double() for model in self.expected]
        shape = (0, len(self.problem.devices), len(relaxation))
        return torch.stack(found) if found else relaxation.weights.new_zeros(shape).double()

    def own(self, rows: Tensor) -> Tensor:
        """Costs ``(O, D, n)`` of a population ``(n, C)`` as the devices tell them, float64."""
        return own_costs(self.problem, rows)

    def state_dict(self) -> dict[str, Any]:
        """What is priced and fitted."""
        return {
            "sample": self.sample,
            "table": self.table,
            "expected": [dict(model.state_dict()) for model in self.expected],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self.sample, self.table = state["sample"], state["table"]
        for model, saved in zip(self.expected, state["expected"], strict=True):
            model.load_state_dict(saved)


def own_costs(problem: Problem, rows: Tensor) -> Tensor:
    """Costs ``(O, D, n)`` of a population ``(n, C)`` as the devices tell them, float64."""
    known = population.decode(problem.choices, rows)
    evaluator, devices, costs = problem.evaluator, problem.devices, costs_of(problem)
    found = [
        [[v.value for v in evaluator.estimates(o, known, device)] for device in devices]
        for o in costs
    ]
    return torch.tensor(found, dtype=torch.float64).reshape(len(costs), len(devices), len(rows))


def total_misses(
    problem: Problem, costs: Tensor, device: int, limits: Iterable[Constraint]
) -> Tensor:
    """Sum of the relative amounts by which costs ``(O, D, n)`` miss limits on a device, ``(n,)``.

    Limits on what takes a query are passed over.
    """
    place = {objective.short: number for number, objective in enumerate(costs_of(problem))}
    total = torch.zeros(costs.shape[-1], dtype=torch.float64)
    for limit in limits:
        if limit.objective in place:
            values = costs[place[limit.objective], device].tolist()
            total += torch.tensor([limit.violation(v) for v in values], dtype=torch.float64)
    return total
