"""Supernet weights that go on learning while the hypernetwork does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.task import Batch
from monas_core.updater import Updater
from monas_core.values import population

_PEAK = 0.1
"""Share of the warm-up's learning rates: the weights are good already."""
_HORIZON = 2_000
"""Steps after which the learning rates have decayed."""


class WeightLearning:
    """One step of the lower level for one subnet that the hypernetwork would choose.

    Alternating and first-order, as published. Qualities that were queried before
    belong to earlier weights, so queries and predictors lag behind a little; the
    final evaluation does not.
    """

    def __init__(self, context: Context, generator: torch.Generator) -> None:
        self._context = context
        self._supernet = context.require_supernet()
        self._generator = generator
        settings = context.space.warm_up
        self._batch = settings.batch_size
        peak = _PEAK * context.rate_factor
        self._updater = Updater(
            self._supernet,
            settings.learning_rate,
            _HORIZON,
            peak=peak,
            engine=context.engine if context.helpers else context.engine.alone(),
        )

    def step(self, row: Tensor) -> float:
        """Train the subnet with option indices ``(C,)`` on a fresh batch; its loss."""
        task = self._context.require_task()
        (architecture,) = population.decode(self._context.space.choices, row[None])
        if self._context.helpers is not None:
            self._context.helpers.lesson(self._generator, self._batch, architecture)
        batch = task.batch("train", self._batch, self._generator)
        self._supernet.train()

        def losses(piece: Batch) -> Mapping[str, Tensor]:
            outputs = self._supernet(piece.inputs, architecture)
            return {"loss": task.loss(outputs, piece.targets).mean()}

        told = self._updater.learn(batch, losses)
        self._supernet.zero_grad(set_to_none=True)
        self._supernet.eval()
        return told["loss"]

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers and position; the weights belong to the run."""
        return self._updater.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
