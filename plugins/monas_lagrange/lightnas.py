"""LightNAS: a search that lands on targets of cost, on several devices in one run.

Luo et al., "LightNAS: On Lightweight and Scalable Neural Architecture Search for Embedded
Platforms", arXiv 2208.14446.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from monas_core.parts.device import Device
from monas_core.problem.evaluated import Evaluated
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish
from monas_lagrange.aims import Aim, aims_of, costs_of, flat, spread_over
from monas_lagrange.costing import Costing
from monas_lagrange.judging import Judge
from monas_lagrange.landing import Landing
from monas_lagrange.options import LightNASOptions

_SHARE, _MOST, _USUAL = 0.4, 128, 64
"""Share of a budget of evaluations for random architectures, their largest and usual number."""
_ROUND = 0.12
"""Share of a budget of evaluations that follows each landing."""
_STEPS_AT_ONCE = 10
_LANDINGS = 3
"""Landings that a budget of steps leaves time for, at least."""
_SINGLY = 3
"""Most targets that are shown each by itself."""


class LightNAS(Optimizer):
    """Prices and evaluates random architectures, then lands, evaluates and lands again.

    Deviation: the gates' loss is the predicted quality of evaluated subnets, fitted anew before
    each landing, not the loss of one batch; so it runs on every space, and on published tables.
    """

    def __init__(self, options: LightNASOptions | None = None) -> None:
        self.options = options or LightNASOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; nothing is evaluated yet."""
        self._problem, self._generator = problem, generator
        self._known = Evaluated(problem)
        self._costing = Costing(problem, self.options.cost_samples, generator)
        self._judge = Judge(problem, int(torch.randint(2**31, (), generator=generator)))
        # refuses an unknown one before anything is spent
        spread_over(costs_of(problem), self.options.cost)
        self._aims: list[Aim] = []
        self._landing: Landing | None = None
        self._sampling = True
        self._at_once = _STEPS_AT_ONCE

    def step(self) -> StepReport:
        """Price or evaluate some architectures, or move the gates a little."""
        if not self._costing.done:
            return StepReport("pricing", self._costing.price())
        if self._sampling:
            return self._evaluate_random()
        if self._landing is None:
            self._take_off()
        landing = self._landing
        assert landing is not None
        if landing.done < self.options.steps:
            return self._land(landing)
        return self._query(landing)

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best evaluated architecture for each wish; those landed on are among them."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What is known and fitted, and the landing with its multipliers."""
        return {
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "costing": self._costing.state_dict(),
            "judge": self._judge.state_dict(),
            "stage": [self._sampling, self._at_once],
            "landing": self._landing and self._landing.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._known.restore(state["rows"])
        self._costing.load_state_dict(state["costing"])
        self._judge.load_state_dict(state["judge"])
        self._sampling, self._at_once = state["stage"]
        if state["landing"] is not None:
            self._landing = self._fresh()
            self._landing.load_state_dict(state["landing"])

    def _evaluate_random(self) -> StepReport:
        """Some random architectures, the two ends first."""
        wanted = self._known.draw(self.options.batch, self._generator)
        if len(self._known) == 0:
            wanted = torch.cat([self._problem.ends, wanted])
        added = self._known.add(wanted, self.options.batch)
        if added == 0 or len(self._known) >= self._initial():
            self._sampling = False
        return StepReport("sampling")

    def _initial(self) -> int:
        if self.options.initial:
            return self.options.initial
        budget = self._problem.meter.budget
        if budget.unit == "evaluations":
            return max(2, min(_MOST, int(_SHARE * budget.amount)))
        late = self._problem.meter.fraction >= _SHARE
        return 2 if late else _USUAL

    def _take_off(self) -> None:
        """Bring the predictor up to date and start afresh."""
        self._judge.fit_quality(self._known.rows)
        self._landing = self._fresh()
        meter = self._problem.meter
        if meter.budget.unit == "steps":
            each = max(1.0, meter.budget.amount * (1 - _SHARE) / _LANDINGS)
            self._at_once = max(_STEPS_AT_ONCE, math.ceil(self.options.steps / each))

    def _fresh(self) -> Landing:
        options = self.options
        self._aims = aims_of(self._problem, self._costing.table, options.targets, options.cost)
        limits = flat(self._problem, self._aims)
        rate = self._problem.context.rate_factor * options.learning_rate
        slowed = attrs.evolve(options, learning_rate=rate)
        return Landing(self._problem.context.space, limits, len(self._aims), slowed)

    def _land(self, landing: Landing) -> StepReport:
        """Some steps of the gates, and how far they are."""
        loss = 0.0
        for _ in range(min(self._at_once, self.options.steps - landing.done)):
            loss = landing.step(self._judge.loss, self._costing.costs, self._generator)
        landing.settle(self._judge.loss, self._costing.costs, self._costing.own)
        return StepReport("landing", {"loss": loss, **self._position(landing)})

    def _position(self, landing: Landing) -> dict[str, float]:
        """Cost over target and multiplier, of each target where there are few."""
        limits, reached = landing.limits, landing.ratio
        values = landing.multiplier.values
        if not limits.limits:
            return {}
        if len(limits.limits) > _SINGLY:
            return {"off target": float(reached.abs().mean()), "multiplier": float(values.mean())}
        found: dict[str, float] = {}
        for number, limit in enumerate(limits.limits):
            where = self._problem.devices[int(limits.device[number])].name
            found[f"{limit.objective}/target {where}"] = 1.0 + float(reached[number])
            found[f"multiplier {limit.objective} {where}"] = float(values[number])
        return found

    def _query(self, landing: Landing) -> StepReport:
        """Evaluate what was landed on and what the gates draw about it; then land again."""
        budget = self._problem.meter.budget
        quota = self.options.batch
        if budget.unit == "evaluations":
            quota = max(quota, int(_ROUND * budget.amount))
        order = torch.randperm(len(landing.best), generator=self._generator)
        landed = torch.stack([landing.best, landing.last()])[:, order].flatten(0, 1)
        about = landing.drawn(2 + 2 * quota // len(order), self._generator)
        self._landing = None
        if self._known.add(torch.cat([landed, about]), quota) == 0:
            fresh = self._known.draw(self.options.batch, self._generator)
            if self._known.add(fresh, self.options.batch) == 0:
                return StepReport("exhausted", finished=True)
        return StepReport("querying")
