"""PFNAG: a generator that maps a budget and a device to an architecture.

Guo et al., Pareto-Frontier-aware Neural Architecture Generation for Diverse Budgets, arXiv
2103.00219. An evaluator learns from pairs which of two architectures is better under a
budget; a policy conditioned on the budget is trained to draw what the evaluator likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.learning.policy import SequentialPolicy
from monas_core.parts.device import Device
from monas_core.problem.evaluated import Evaluated, features, spread_budgets
from monas_core.problem.feasibility import free_misses
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.wish import Wish
from monas_policies import rewards
from monas_policies.judging import BudgetJudge, parted
from monas_policies.options import PfnagOptions
from monas_policies.purse import Purse

_FITTED_AT_ONCE, _LEARNT_AT_ONCE = 50, 20
"""Iterations in one step, so that stopping between two feels immediate."""
_INITIAL = 64
_SHARE = 0.5
"""Of a budget of evaluations, or of any other, that random architectures get."""
_ROUNDS = 4
"""Times the rest is spent: what the generator draws is evaluated, then both learn again."""
_BUDGETS = 8
"""Budgets per device for which architectures are evaluated in each round."""


class Pfnag(Optimizer):
    """Learns an order under budgets, then to draw what comes first in it.

    Deviation: quality is queried as it goes and not once for 16,000 architectures; the
    generator draws ``draws`` architectures an iteration and not one, with the batch's mean
    reward as baseline; it reads the device beside the budget.
    """

    def __init__(self, options: PfnagOptions | None = None) -> None:
        self.options = options or PfnagOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; nothing is evaluated yet."""
        self._problem, self._generator = problem, generator
        self._purse = Purse(problem, self.options.cost)
        self._known = Evaluated(problem)
        self._devices = problem.embed(problem.devices).float()
        inputs = features(problem, population.corners(problem.choices)).shape[1]
        seed = int(torch.randint(2**31, (), generator=generator))
        with seeded_construction(seed):
            self._judge = BudgetJudge(inputs, self._devices)
            width = self._devices.shape[1] + 1
            self._policy = SequentialPolicy(problem.choices, width, self.options.hidden)
        self._fitter = torch.optim.Adam(
            self._judge.parameters(), 2e-3, weight_decay=1e-4, foreach=True
        )
        rate = problem.context.rate_factor * self.options.learning_rate
        self._learner = torch.optim.Adam(self._policy.parameters(), rate, foreach=True)
        self._round = self._fitted = self._learnt = 0

    def step(self) -> StepReport:
        """Evaluate a batch, or let one of the two networks learn a little."""
        if self._wanting():
            return self._sample()
        if self._fitted < self.options.fitting:
            return StepReport("fitting", {"evaluator": self._fit()})
        if self._learnt < self.options.iterations:
            return StepReport("learning", {"reward": self._learn()})
        return self._query()

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """Limits on the cost are given to the generator; other wishes get the best evaluated."""
        found = best_known(self._problem, self._known.architectures, device, wishes)
        for place, wish in enumerate(wishes):
            budget = self._purse.budget(wish.limits, device)
            if budget is not None and self._learnt:
                found[place] = self.best_within(device, budget, wish.limits) or found[place]
        return found

    def generate(self, device: Device, budget: float, count: int) -> Tensor:
        """Rows ``(<= count, C)`` drawn for an anchored budget, the most probable one first."""
        context = self._context(
            self._problem.embed([device]).float().expand(count, -1), torch.full((count,), budget)
        )
        drawing = derived_generator(0, "generated")
        with torch.no_grad():
            drawn = self._policy.draw(context, drawing).rows
        rows = torch.cat([self._policy.greedy(context[:1]), drawn])
        rows = population.unique_rows(rows)
        return rows[self._problem.available(rows)]

    def best_within(
        self, device: Device, budget: float, limits: Sequence[Constraint] = ()
    ) -> Architecture | None:
        """The candidate for an anchored budget with the best predicted quality.

        Of those that meet the limits, or that keep the budget where no limits are given. What
        a limit on quality needs is known of evaluated architectures alone: nothing is drawn.
        """
        free = {objective.short for objective in self._problem.objectives if not objective.query}
        if any(limit.objective not in free for limit in holding(limits, device.name)):
            return None
        rows = self.generate(device, budget, self.options.candidates)
        found = population.decode(self._problem.choices, rows)
        with torch.no_grad():
            quality = self._judge.predicted_quality(features(self._problem, rows))
        within = self._purse.costs(found, device) <= budget + 1e-9
        if limits:
            missed = free_misses(self._problem, found, device, holding(limits, device.name))
            within = torch.from_numpy(missed == 0.0)
        if not within.any():
            return None
        return found[int(torch.where(within, quality, torch.inf).argmin())]

    def state_dict(self) -> dict[str, Any]:
        """What was evaluated, both networks and how far they are."""
        return {
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "judge": self._judge.state_dict(),
            "policy": self._policy.state_dict(),
            "fitter": self._fitter.state_dict(),
            "learner": self._learner.state_dict(),
            "round": self._round,
            "fitted": self._fitted,
            "learnt": self._learnt,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._known.restore(state["rows"])
        self._judge.load_state_dict(state["judge"])
        self._policy.load_state_dict(state["policy"])
        self._fitter.load_state_dict(state["fitter"])
        self._learner.load_state_dict(state["learner"])
        self._round = state["round"]
        self._fitted, self._learnt = state["fitted"], state["learnt"]

    def evaluator_accuracy(self, seed: int = 0) -> float:
        """Pair accuracy on evaluated architectures that were held out of the fit."""
        _, held = parted(len(self._known))
        rows, quality = self._known.rows[held], self._known.quality()[held]
        generator = torch.Generator().manual_seed(seed)
        described = features(self._problem, rows)
        return self._judge.pair_accuracy(described, quality, self._purse.table(rows), generator)

    def _wanting(self) -> bool:
        """Whether random architectures are still to be evaluated."""
        if self._round or self._fitted:
            return False
        budget = self._problem.meter.budget
        target = self.options.initial or _INITIAL
        if not self.options.initial and budget.unit == "evaluations":
            target = max(2, int(_SHARE * budget.amount))
        late = self._problem.meter.fraction >= _SHARE and len(self._known) >= 4
        return len(self._known) < target and not late

    def _sample(self) -> StepReport:
        wanted = self._known.draw(self.options.batch, self._generator)
        if len(self._known) == 0:
            wanted = torch.cat([population.corners(self._problem.choices), wanted])
        if self._known.add(wanted, self.options.batch) == 0:
            self._round = 1  # the space is used up: there is only learning left
        return StepReport("sampling")

    def _fit(self) -> float:
        """Some iterations of the evaluator; the last loss."""
        fitted, _ = parted(len(self._known))
        rows = self._known.rows[fitted]
        described = features(self._problem, rows)
        costs = self._purse.table(self._known.rows)[fitted]
        quality = self._known.quality()[fitted]
        loss = torch.zeros(())
        for _ in range(_FITTED_AT_ONCE):
            loss = self._judge.loss(described, quality, costs, self._generator)
            _update(self._fitter, loss)
        self._fitted += _FITTED_AT_ONCE
        return float(loss.detach())

    def _learn(self) -> float:
        """Some iterations of the generator; the last mean reward."""
        costs = self._purse.table(self._known.rows)
        low, high = costs.min(0).values, costs.max(0).values
        reward = torch.zeros(())
        for _ in range(_LEARNT_AT_ONCE):
            shape = (self.options.draws,)
            which = torch.randint(len(self._devices), shape, generator=self._generator)
            share = self._shares(shape)
            budget = low[which] + share * (high - low)[which]
            context = self._context(self._devices[which], budget)
            drawn = self._policy.draw(context, self._generator)
            reward = self._reward(drawn.rows, self._devices[which], budget)
            advantage = (reward - reward.mean()) / reward.std(correction=0).clamp_min(1e-6)
            gain = advantage * drawn.log_probability + self.options.entropy * drawn.entropy
            _update(self._learner, -gain.mean())
        self._learnt += _LEARNT_AT_ONCE
        return float(reward.mean())

    def _shares(self, shape: tuple[int, ...]) -> Tensor:
        """Budgets to train for, as shares of the way between the ends of the costs."""
        if not self.options.budgets:
            return torch.rand(shape, generator=self._generator)
        some = torch.tensor(self.options.budgets)
        return some[torch.randint(len(some), shape, generator=self._generator)]

    def _reward(self, rows: Tensor, device: Tensor, budget: Tensor) -> Tensor:
        described = features(self._problem, rows)
        with torch.no_grad():
            if self.options.reward == "rank":
                return self._judge(described, device, budget)
            known = self._known.quality()
            worst, best = known.max(), known.min()
            quality = worst - self._judge.predicted_quality(described)
            quality = quality / (worst - best).clamp_min(1e-6)
            ratio = self._judge.predicted_cost(described, device) - budget
        formula = rewards.mnasnet if self.options.reward == "mnasnet" else rewards.tunas
        return formula(quality, ratio)

    def _query(self) -> StepReport:
        """Evaluate what the generator draws for budgets over all devices; then learn again."""
        costs = self._purse.table(self._known.rows)
        budgets = torch.stack([spread_budgets(column, _BUDGETS) for column in costs.T])
        context = self._context(self._devices.repeat_interleave(_BUDGETS, 0), budgets.flatten())
        with torch.no_grad():
            drawn = self._policy.draw(context, self._generator).rows
        pool = torch.cat([self._policy.greedy(context), drawn])
        pool = pool[torch.randperm(len(pool), generator=self._generator)]
        if self._known.add(pool, self.options.batch) == 0:
            random = self._known.draw(self.options.batch, self._generator)
            if self._known.add(random, self.options.batch) == 0:
                return StepReport("exhausted", finished=True)
        share = (self._problem.meter.fraction - _SHARE) / (1 - _SHARE)
        if int(share * _ROUNDS) > self._round:
            self._round += 1
            self._fitted = self.options.fitting // 2
            self._learnt = self.options.iterations // 2
        return StepReport("querying")

    def _context(self, device: Tensor, budget: Tensor) -> Tensor:
        """What the generator reads: ``(B, E + 1)``."""
        return torch.cat([self._judge.device_scale(device), budget[:, None]], 1)


def _update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    with torch.enable_grad():
        loss.backward()
    optimizer.step()
