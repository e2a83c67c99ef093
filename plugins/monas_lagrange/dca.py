"""DCA-NAS: a mixture per device and limit, held under it by a multiplier.

"DCA-NAS", device-constraint-aware differentiable architecture search, arXiv
2307.04443.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_core.learning.lookup import Landed, LookUp
from monas_core.learning.multiplier import Multiplier
from monas_core.problem.optimizer import StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_lagrange.aims import Aim, Flat, aims_of, costs_of, flat, spread_over
from monas_lagrange.bilevel import BiLevel
from monas_lagrange.costing import Costing, total_misses
from monas_lagrange.gradient_options import DCAOptions
from monas_lagrange.likeliest import likeliest

_SINGLY = 3
"""Most limits that are shown each by itself."""


class DCA(BiLevel):
    """Searches the best architecture under each limit on what it is expected to cost.

    The loss of the gates is that of the task plus multipliers times ``cost / request - 1`` of
    the mixture; they ascend while it is exceeded and never fall below 0. What a pass led to is
    kept, and later passes request what should lead to the limit.

    Deviation: several limits are searched at once, each with gates of its own over shared
    weights. Gates are cooled, so that what a mixture costs is what it stands for, and are not
    pulled before they have an opinion. Delivered is their likeliest architecture within the
    limits. The ascent of the multipliers is not published and is ours.

    Attributes:
        landed: What was delivered at the end of each pass, ``(T, C)``.
    """

    def __init__(self, options: DCAOptions | None = None) -> None:
        self.options = options or DCAOptions()
        super().__init__(self.options)

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; nothing is evaluated yet."""
        super().start(problem, generator)
        # refuses an unknown cost before anything is spent
        spread_over(costs_of(problem), self.options.cost)
        self._costing = Costing(problem, self.options.cost_samples, generator)
        self._aims: list[Aim] = []
        self.landed: list[Tensor] = []

    def step(self) -> StepReport:
        """Price architectures first; then as every such search."""
        if not self._costing.done:
            return StepReport("pricing", self._costing.price())
        if not self._aims:
            self._take_aim()
        return super().step()

    def state_dict(self) -> dict[str, Any]:
        """The search, its costs, multipliers and what was delivered."""
        aimed = bool(self._aims)
        return {
            **super().state_dict(),
            "costing": self._costing.state_dict(),
            "multiplier": self._multiplier.state_dict() if aimed else None,
            "requests": self._requests.tolist() if aimed else None,
            "landed": self.landed,
            "tables": [table.state_dict() for table in self._tables] if aimed else None,
            "delivered": [list(costs) for costs in self._delivered] if aimed else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._costing.load_state_dict(state["costing"])
        self.landed = list(state["landed"])
        if state["multiplier"] is not None:
            self._take_aim()
            self._requests = torch.tensor(state["requests"], dtype=torch.float64)
            self._multiplier = self._requested()
            self._multiplier.load_state_dict(state["multiplier"])
            for table, points in zip(self._tables, state["tables"], strict=True):
                table.load_state_dict(points)
            self._delivered = [list(costs) for costs in state["delivered"]]
            self.account = self._told_in_the_end()
        super().load_state_dict(state)

    def _told_in_the_end(self) -> dict[str, Any]:
        """By device: requested, expected, derived and delivered for each limit, pass by pass."""
        told: dict[str, Any] = {}
        for number, limit in enumerate(self._limits.limits):
            device = self._problem.devices[int(self._limits.device[number])].name
            owner = int(self._limits.owner[number])
            passes = [
                {**attrs.asdict(point), "delivered": cost, "architecture": found[owner].key}
                for point, cost, found in zip(
                    self._tables[number].points,
                    self._delivered[number],
                    (population.decode(self._problem.choices, rows) for rows in self.landed),
                    strict=True,
                )
            ]
            entry = {"objective": limit.objective, "limit": limit.bound, "passes": passes}
            told.setdefault(device, []).append(entry)
        return told

    def _take_aim(self) -> None:
        """Settle what is sought; follows from the costs of the sample."""
        options = self.options
        self._aims = aims_of(
            self._problem, self._costing.table, options.targets, options.cost, kind="max"
        )
        self._limits: Flat = flat(self._problem, self._aims)
        self._tables = [LookUp() for _ in self._limits.limits]
        self._delivered: list[list[float]] = [[] for _ in self._limits.limits]
        bounds = [limit.bound for limit in self._limits.limits]
        self._requests = torch.tensor(bounds, dtype=torch.float64)
        self._multiplier = self._requested()

    def _requested(self) -> Multiplier:
        limits = zip(self._limits.limits, self._requests.tolist(), strict=True)
        asked = [attrs.evolve(limit, bound=bound) for limit, bound in limits]
        return Multiplier(asked, self.options.multiplier_rate)

    def _count(self) -> int:
        return len(self._aims)

    def _paid(self, costs: Tensor) -> Tensor:
        """Of costs ``(O, D, T)`` those that are limited, ``(N,)``."""
        limits = self._limits
        return costs[limits.objective, limits.device, limits.owner]

    @property
    def _pulled(self) -> bool:
        return self._done >= self.options.free * self.options.steps

    def _pull(self, relaxation: Relaxation) -> Tensor:
        if not self._pulled:
            return 0.0 * relaxation.weights.sum()
        return self._multiplier.penalty(self._paid(self._costing.costs(relaxation))).sum()

    def _moved(self, relaxation: Relaxation) -> None:
        if not self._pulled:
            return
        with torch.no_grad():
            self._multiplier.ascend(self._paid(self._costing.costs(relaxation)))

    def _stand_for(self, mixed: Relaxation) -> Tensor:
        """The likeliest that meet the limits: those that are delivered."""
        plain = super()._stand_for(mixed)
        return likeliest(mixed, plain, self._guessed_misses, self._misses, self._generator)

    def _misses(self, rows: Tensor) -> Tensor:
        return self._missed(self._costing.own(rows.flatten(0, 1)), rows.shape[:2])

    def _guessed_misses(self, rows: Tensor) -> Tensor:
        hot = Relaxation.from_population(self._problem.choices, rows.flatten(0, 1))
        with torch.no_grad():
            return self._missed(self._costing.costs(hot), rows.shape[:2])

    def _missed(self, flat_costs: Tensor, shape: Sequence[int]) -> Tensor:
        """Of costs ``(O, D, T * n)`` what misses the limits of each aim, ``(T, n)``."""
        costs = flat_costs.unflatten(-1, tuple(shape))
        each = [
            total_misses(self._problem, costs[..., number, :], aim.device, aim.limits)
            for number, aim in enumerate(self._aims)
        ]
        return torch.stack(each)

    def _landed(self, relaxation: Relaxation, rows: Tensor) -> None:
        """Write down what the gates came to, and request anew."""
        self.landed.append(rows)
        with torch.no_grad():
            expected = self._paid(self._costing.costs(relaxation)).tolist()
        delivered = self._paid(self._costing.own(rows)).tolist()
        derived = self._paid(self._costing.own(super()._stand_for(relaxation))).tolist()
        for number, limit in enumerate(self._limits.limits):
            requested = float(self._requests[number])
            self._tables[number].add(Landed(requested, expected[number], derived[number]))
            self._delivered[number].append(delivered[number])
            held = limit.kind == "equal" or float(self._multiplier.values[number]) > 0
            missed = limit.violation(derived[number]) > 0
            # without a pull the limit did not matter: another request would change nothing
            if self.options.calibrate and (held or missed):
                self._requests[number] = self._tables[number].request(limit.bound)
        values = self._multiplier.values
        self._multiplier = self._requested()
        self._multiplier.values = values
        self.account = self._told_in_the_end()

    def _told(self) -> dict[str, float]:
        """Of each limit where there are few: what was last delivered, and the multiplier."""
        limits, values = self._limits.limits, self._multiplier.values
        if len(limits) > _SINGLY:
            return {"multiplier": float(values.mean())}
        found: dict[str, float] = {}
        for number, limit in enumerate(limits):
            where = self._problem.devices[int(self._limits.device[number])].name
            name = f"{limit.objective} {where}"
            found[f"multiplier {name}"] = float(values[number])
            found[f"requested {name}"] = float(self._requests[number])
            if self._tables[number].points:
                last = self._tables[number].points[-1]
                found[f"expected {name}"] = last.expected
                found[f"delivered {name}"] = self._delivered[number][-1]
        return found
