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
from monas_core.parts.supernet import rate_factors
from monas_core.parts.task import Batch
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.train.distillation import divergence
from monas_core.updater import Updater
from monas_trainers.turns import Turns

SHARE = 0.7
"""Of the loss that comes from the answers of the whole network, where there are logits."""


class Heal(Trainer):
    """Takes a fixed number of steps, one sub-network each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to heal the supernet of a context; the teacher is what it was made from."""
        self._context, self._settings, self._generator = context, settings, generator
        self._supernet = context.require_supernet()
        # weights that were never trained have nothing to teach
        taught = context.pretrained and settings.steps > 0
        self._teacher: nn.Module | None = context.original() if taught else None
        self._turns = Turns(context.space, settings.random_subnets, generator)
        self._losses: dict[str, float] = {}
        self._updater = Updater(
            self._supernet,
            settings.learning_rate,
            settings.steps,
            factors=rate_factors(self._supernet, settings.rates),
            matrix_rate=settings.matrix_rate,
            engine=context.engine,
        )

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._settings.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._updater.done

    def step(self) -> TrainingReport:
        """Heal the next sub-network on a fresh batch; the latest loss of each kind."""
        task = self._context.require_task()
        batch = task.batch("train", self._settings.batch_size, self._generator)
        name, architecture = self._turns.next(self.done)
        self._supernet.train()

        def losses(piece: Batch) -> Mapping[str, Tensor]:
            outputs = self._supernet(piece.inputs, architecture)
            loss = task.loss(outputs, piece.targets).mean()
            return {name: loss, "minimised": self._with_teacher(loss, piece.inputs, outputs)}

        self._losses[name] = self._updater.learn(batch, losses)[name]
        return TrainingReport(dict(self._losses))

    def _with_teacher(self, loss: Tensor, inputs: Any, outputs: Any) -> Tensor:
        if self._teacher is None:
            return loss
        with torch.no_grad():
            wanted = self._teacher(inputs)
        if not (isinstance(outputs, Tensor) and isinstance(wanted, Tensor)):
            return loss  # a task with outputs of its own kind has its own loss alone
        return (1 - SHARE) * loss + SHARE * divergence(outputs, wanted, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator; the teacher is made anew."""
        return {
            **self._updater.state_dict(),
            "losses": self._losses,
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
        self._losses = dict(state["losses"])
        self._generator.set_state(state["generator"])
