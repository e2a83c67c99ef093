"""Healing: sub-networks of a trained network learn to answer as it does.

After Muralidharan et al. (Minitron, arXiv 2407.14679, section 3): the loss is the distance to the
logits of the network they come from, besides the task's own. All sub-networks share weights, so
they are healed together, the whole, the smallest and random ones in turn.

Deviation: the whole network is trained along with its parts, towards its own answers before the
run; that keeps the weights it shares with them good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.train.distillation import divergence
from monas_core.values.architecture import Architecture
from monas_trainers.lessons import Lessons
from monas_trainers.turns import Turns

SHARE = 0.7
"""Of the loss that comes from the answers of the whole network, where there are logits."""


class Heal(Trainer):
    """Takes a fixed number of steps, one sub-network each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to heal the supernet of a context; the teacher is what it was made from."""
        # weights that were never trained have nothing to teach
        taught = context.pretrained and settings.steps > 0
        self._teacher: nn.Module | None = context.original() if taught else None
        self._turns = Turns(context.space, settings.random_subnets, generator)
        self._lessons = Lessons(context, settings, generator, self._with_teacher)

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._lessons.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._lessons.done

    def step(self) -> TrainingReport:
        """Heal the next sub-network on a fresh batch; the latest loss of each kind."""
        return self._lessons.teach(lambda: self._turns.next(self.done))

    def _with_teacher(self, loss: Tensor, inputs: Any, outputs: Any, _: Architecture) -> Tensor:
        if self._teacher is None:
            return loss
        with torch.no_grad():
            wanted = self._teacher(inputs)
        if not (isinstance(outputs, Tensor) and isinstance(wanted, Tensor)):
            return loss  # a task with outputs of its own kind has its own loss alone
        return (1 - SHARE) * loss + SHARE * divergence(outputs, wanted, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator; the teacher is made anew."""
        return self._lessons.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._lessons.load_state_dict(state)
