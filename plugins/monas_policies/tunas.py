"""TuNAS: policy gradient towards targets of cost, one policy for each device and target.

Bender et al., Can weight sharing outperform random architecture search?, arXiv 2008.06120; the
search of "Searching for Efficient Neural Architectures for On-Device ML on Edge TPUs", arXiv
2204.14007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.learning.policy import TablePolicy
from monas_core.parts.device import Device
from monas_core.problem.evaluated import Evaluated, spread_budgets
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.wish import Wish
from monas_policies import rewards
from monas_policies.options import TunasOptions
from monas_policies.purse import Purse

_SAMPLE = 64
"""Random architectures whose costs say where targets can lie."""
_TRIES = 4
"""Batches drawn in vain before random architectures are evaluated."""
_MOMENTUM = 0.9


class Tunas(Optimizer):
    """Each step draws a batch for the next target and moves its policy towards what paid.

    Deviation: rewards are values of the run's evaluator, not of one batch under shared weights.
    """

    def __init__(self, options: TunasOptions | None = None) -> None:
        self.options = options or TunasOptions()

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem and set the targets."""
        self._problem, self._generator = problem, generator
        self._purse = Purse(problem, self.options.cost)
        self._known = Evaluated(problem)
        sample = torch.cat([population.corners(problem.choices), problem.draw(_SAMPLE, generator)])
        self._targets = self._set_targets(sample)
        self._policy = TablePolicy(problem.choices, len(self._targets))
        rate = problem.context.rate_factor * self.options.learning_rate
        self._learner = torch.optim.Adam(self._policy.parameters(), rate)
        self._baseline = torch.full((len(self._targets),), torch.nan)
        self._turn = self._vain = 0

    def step(self) -> StepReport:
        """One batch for one target."""
        if len(self._known) == 0:
            self._known.add(population.corners(self._problem.choices), 2)
            return StepReport("sampling")
        place = self._turn % len(self._targets)
        self._turn += 1
        device, target = self._targets[place]
        context = torch.full((self.options.batch,), place)
        drawn = self._policy.draw(context, self._generator)
        added = self._known.add(drawn.rows, self.options.batch)
        reward = self._reward(drawn.rows, device, target)
        seen = reward.isfinite()
        if seen.any():
            self._learn(place, reward, seen, drawn.log_probability, drawn.entropy)
        self._vain = 0 if added else self._vain + 1
        if self._vain >= _TRIES * len(self._targets):
            fresh = self._known.draw(self.options.batch, self._generator)
            if self._known.add(fresh, self.options.batch) == 0:
                return StepReport("exhausted", finished=True)
            self._vain = 0
        return StepReport(
            "searching", {"reward": float(reward[seen].mean()) if seen.any() else 0.0}
        )

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best evaluated architecture for each wish."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """Policies, baselines and what was evaluated."""
        return {
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "policy": self._policy.state_dict(),
            "learner": self._learner.state_dict(),
            "baseline": self._baseline,
            "turn": self._turn,
            "vain": self._vain,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._generator.set_state(state["generator"])
        self._known.restore(state["rows"])
        self._policy.load_state_dict(state["policy"])
        self._learner.load_state_dict(state["learner"])
        self._baseline = state["baseline"]
        self._turn, self._vain = state["turn"], state["vain"]

    def _set_targets(self, sample: Tensor) -> list[tuple[Device, float]]:
        """The budgets that limits name, else costs spread over the sample's, by device."""
        targets: list[tuple[Device, float]] = []
        for device in self._problem.devices:
            limited = self._purse.budget(self._problem.limits, device)
            if limited is not None:
                targets.append((device, limited))
                continue
            costs = self._purse.costs(population.decode(self._problem.choices, sample), device)
            # not the very ends: there one architecture is all a policy could find
            spread = spread_budgets(costs, self.options.targets + 2)[1:-1]
            targets += [(device, float(target)) for target in spread]
        return targets

    def _reward(self, rows: Tensor, device: Device, target: float) -> Tensor:
        """Of each drawn architecture, ``(B,)``; not a number for one that was not evaluated."""
        known = {tuple(row): place for place, row in enumerate(self._known.rows.tolist())}
        places = [known.get(tuple(row), -1) for row in rows.tolist()]
        quality = self._known.quality()
        worst, best = quality.max(), quality.min()
        share = (worst - quality) / (worst - best).clamp_min(1e-6)
        found = torch.tensor(places)
        costs = self._purse.costs(population.decode(self._problem.choices, rows), device)
        earned = rewards.tunas(share[found], costs - target, self.options.weight)
        return torch.where(found >= 0, earned, torch.nan)

    def _learn(
        self, place: int, reward: Tensor, seen: Tensor, log_p: Tensor, entropy: Tensor
    ) -> None:
        mean = reward[seen].mean()
        before = self._baseline[place]
        baseline = mean if before.isnan() else _MOMENTUM * before + (1 - _MOMENTUM) * mean
        self._baseline[place] = baseline
        gain = (reward[seen] - baseline) * log_p[seen] + self.options.entropy * entropy[seen]
        self._learner.zero_grad(set_to_none=True)
        with torch.enable_grad():
            (-gain.mean()).backward()
        self._learner.step()
