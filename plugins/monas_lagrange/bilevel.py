"""Searches that train a supernet's weights and the gates of mixtures in turn."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from monas_core.learning.samplers import sample_one_hot
from monas_core.learning.schedules import Schedule
from monas_core.learning.two_levels import Rates, TwoLevels
from monas_core.parts.device import Device
from monas_core.parts.discrete import discretise
from monas_core.problem.evaluated import Evaluated
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_core.values.wish import Wish
from monas_lagrange.gradient_options import DARTSOptions
from monas_lagrange.searched_weights import own_supernet

_SEARCHING = 0.7
"""Share of a budget of steps that is left for moving gates."""
_DRAWN = 4
"""Architectures drawn from the gates for each that is evaluated."""


class BiLevel(Optimizer):
    """Passes of alternating steps; what gates stand for is evaluated now and then.

    The weights that are searched with are the search's own, so that every value belongs to the
    weights of the warm-up.

    Args:
        options: Of the search.
    """

    def __init__(self, options: DARTSOptions) -> None:
        self.settings = options

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem; nothing is evaluated yet."""
        self._problem, self._generator = problem, generator
        self._known = Evaluated(problem)
        self._supernet = own_supernet(problem.context, generator, inherit=self.settings.inherit)
        self._levels: TwoLevels | None = None
        self._passes = self._done = 0

    def step(self) -> StepReport:
        """Evaluate some architectures, or move weights and gates a little."""
        if len(self._known) == 0:
            self._known.add(self._problem.ends, 2)
            return StepReport("ends")
        if self._levels is None:
            self._levels = self._fresh()
            self._begin_pass(self._levels)
        every = math.ceil(self.settings.steps / self.settings.rounds)
        if self._due:
            return self._query(self._levels)
        losses: dict[str, float] = {}
        for _ in range(self._at_once):
            losses = self._alternate(self._levels)
            self._done += 1
            self._cool(self._levels)
            if self._done % every == 0 or self._done == self.settings.steps:
                self._due = True
                break
        return StepReport("searching", {**losses, **self._told()})

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best evaluated architecture for each wish; those searched for are among them."""
        return best_known(self._problem, self._known.architectures, device, wishes)

    def state_dict(self) -> dict[str, Any]:
        """What is known, weights and gates, and where the pass stands."""
        return {
            "generator": self._generator.get_state(),
            "rows": self._known.rows,
            "levels": self._levels and self._levels.state_dict(),
            "position": [self._passes, self._done, self._due] if self._levels else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._known.restore(state["rows"])
        if state["levels"] is not None:
            self._levels = self._fresh()
            self._levels.load_state_dict(state["levels"])
            self._passes, self._done, self._due = state["position"]
            self._cool(self._levels)
        self._generator.set_state(state["generator"])

    @abstractmethod
    def _count(self) -> int:
        """Architectures that are searched for at once."""

    @abstractmethod
    def _pull(self, relaxation: Relaxation) -> Tensor:
        """What is added to the loss of the gates."""

    @abstractmethod
    def _misses(self, rows: Tensor) -> Tensor:
        """How far architectures ``(T, n, C)`` miss what is asked of each of T, ``(T, n)``."""

    def _moved(self, relaxation: Relaxation) -> None:
        """The gates have made a step."""

    def _landed(self, relaxation: Relaxation, rows: Tensor) -> None:
        """A pass has ended with mixtures that stand for architectures ``(T, C)``."""

    def _told(self) -> dict[str, float]:
        """What the screen is shown beside the losses."""
        return {}

    def _stand_for(self, mixed: Relaxation) -> Tensor:
        """The architectures that T mixtures are taken for, ``(T, C)``."""
        return discretise(self._problem.context.space, mixed)

    def _begin_pass(self, levels: TwoLevels) -> None:
        self._done, self._due = 0, False
        self._cool(levels)

    def _cool(self, levels: TwoLevels) -> None:
        """Temperatures follow from where the pass stands."""
        cooling = Schedule(1.0, self.settings.coldest, "exponential")
        levels.temperature = cooling.at(self._done / self.settings.steps)

    @property
    def _at_once(self) -> int:
        """Alternations per step, so that all passes fit into a budget of steps."""
        budget = self._problem.meter.budget
        if budget.unit != "steps":
            return 1
        wanted = self.settings.passes * self.settings.steps
        return max(1, math.ceil(wanted / max(1.0, _SEARCHING * budget.amount)))

    def _fresh(self) -> TwoLevels:
        settings, warm_up = self.settings, self._problem.context.space.warm_up
        factor = self._problem.context.rate_factor
        rates = Rates(
            batch_size=settings.batch_size or warm_up.batch_size,
            weights=factor * (settings.weights_rate or warm_up.learning_rate),
            horizon=settings.passes * settings.steps,
            gates=factor * settings.learning_rate,
        )
        task, choices = self._problem.context.require_task(), self._problem.choices
        return TwoLevels(self._supernet, task, choices, self._count(), rates, self._generator)

    def _alternate(self, levels: TwoLevels) -> dict[str, float]:
        losses = {"weights": levels.train_weights()}
        alone = self.settings.head_start * self.settings.steps
        if self._passes > 0 or self._done >= alone:
            losses["gates"] = levels.move_gates(self._pull)
            self._moved(levels.relaxation)
        return losses

    def _query(self, levels: TwoLevels) -> StepReport:
        """Evaluate what the gates stand for, and what they draw; then go on, or start afresh."""
        self._due = False
        mixed = levels.relaxation
        rows = self._stand_for(mixed)
        ended = self._done >= self.settings.steps
        if ended:
            self._landed(mixed, rows)
        quota = self._quota()
        order = torch.randperm(len(rows), generator=self._generator)
        wanted = torch.cat([rows[order], self._about(mixed, quota)])
        if self._known.add(wanted, quota) == 0:
            fresh = self._known.draw(quota, self._generator)
            if self._known.add(fresh, quota) == 0:
                return StepReport("exhausted", finished=True)
        if ended:
            self._passes += 1
            levels.restart()
            self._begin_pass(levels)
        return StepReport("querying", self._told())

    def _quota(self) -> int:
        """Architectures to evaluate at one time."""
        budget, settings = self._problem.meter.budget, self.settings
        if budget.unit != "evaluations":
            return settings.batch
        return max(settings.batch, math.ceil(budget.amount / (settings.passes * settings.rounds)))

    def _about(self, mixed: Relaxation, quota: int) -> Tensor:
        """Architectures drawn from the gates, those that come nearest what is asked first.

        ``(n, C)``; turns are taken between the mixtures.
        """
        each = math.ceil(_DRAWN * quota / len(mixed))
        shares = mixed.weights.repeat_interleave(each, 0)
        drawn = Relaxation(mixed.choices, sample_one_hot(shares, self._generator))
        rows = drawn.to_population().unflatten(0, (len(mixed), each))
        misses = self._misses(rows)
        order = misses.argsort(dim=1, stable=True)  # (T, n)
        sorted_rows = rows.gather(1, order[..., None].expand_as(rows))
        return sorted_rows.transpose(0, 1).flatten(0, 1)
