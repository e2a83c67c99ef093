"""The searched parameters of a run's loss, moved between the steps of its trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from monas_core.learning.loss_search import LossSearch
from monas_core.parts.context import Context
from monas_core.parts.loss import Loss
from monas_core.parts.space import WarmUp
from monas_core.values import population

EVERY = 4
"""Steps of the trainer for one of the parameters."""


class LossLessons:
    """One step of the parameters after every few of the weights, on a random subnet.

    Args:
        loss: With searched parameters.
        context: With the supernet.
        settings: Whose batch size counts.
        generator: Draws subnets and batches.
    """

    def __init__(
        self, loss: Loss, context: Context, settings: WarmUp, generator: torch.Generator
    ) -> None:
        self._loss, self._context = loss, context
        self._settings, self._generator = settings, generator
        self._search = LossSearch(loss)

    def follow(self, done: int) -> Mapping[str, float]:
        """After step ``done`` of the trainer; the parameters as plain numbers."""
        if done % EVERY == 0:
            self._move()
        return self._loss.told()

    def _move(self) -> None:
        context, supernet = self._context, self._context.require_supernet()
        task, size = context.require_task(), self._settings.batch_size
        choices = context.space.choices
        row = population.sample(choices, 1, self._generator)
        architecture = population.decode(choices, row)[0]
        train, search = (
            task.batch(part, size, self._generator).to(context.torch_device)
            for part in ("train", "search")
        )
        weights = [weight for weight in supernet.parameters() if weight.requires_grad]
        self._search.move(lambda x: supernet(x, architecture), weights, train, search)

    def state_dict(self) -> dict[str, Any]:
        """Position of the updates and of the generator."""
        return {**self._search.state_dict(), "generator": self._generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._search.load_state_dict(state)
        self._generator.set_state(state["generator"])
