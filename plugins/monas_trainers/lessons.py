"""One update of a supernet by one of its subnets; what trainers of single subnets share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.supernet import rate_factors
from monas_core.parts.task import Batch, generator_of
from monas_core.parts.trainer import TrainingReport
from monas_core.updater import Updater
from monas_core.values.architecture import Architecture

Choose = Callable[[], tuple[str, Architecture]]
"""A kind of subnet, for the screen, and the next one of it."""
Taught = Callable[[Tensor, Any, Any, Architecture], Tensor]
"""From the task's mean loss, inputs, outputs and the subnet to what is minimised."""


class Lessons:
    """Teaches one subnet at a time, each on a fresh batch.

    Args:
        context: With supernet and task.
        settings: Steps, batch size and learning rates.
        generator: Draws the batches; its state is part of this one's.
        taught: Changes the loss, where the task's alone is not what is minimised.
    """

    def __init__(
        self,
        context: Context,
        settings: WarmUp,
        generator: torch.Generator,
        taught: Taught | None = None,
    ) -> None:
        self._context, self._settings, self._generator = context, settings, generator
        self._batches = generator_of(context.require_task(), generator)
        self._supernet = context.require_supernet()
        self._taught = taught
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

    def teach(self, choose: Choose) -> TrainingReport:
        """Draw a batch, then train the subnet that is chosen; the latest loss of each kind."""
        task = self._context.require_task()
        batch = task.batch("train", self._settings.batch_size, self._batches)
        name, architecture = choose()
        self._supernet.train()

        def losses(piece: Batch) -> Mapping[str, Tensor]:
            outputs = self._supernet(piece.inputs, architecture)
            loss = task.loss(outputs, piece.targets).mean()
            if self._taught is None:
                return {name: loss}
            minimised = self._taught(loss, piece.inputs, outputs, architecture)
            return {name: loss, "minimised": minimised}

        self._losses[name] = self._updater.learn(batch, losses)[name]
        return TrainingReport(dict(self._losses))

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator."""
        return {
            **self._updater.state_dict(),
            "losses": self._losses,
            "generator": self._generator.get_state(),
            "batches": self._batches.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
        self._losses = dict(state["losses"])
        self._generator.set_state(state["generator"])
        self._batches.set_state(state.get("batches", state["generator"]))
