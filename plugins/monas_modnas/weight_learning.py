"""Supernet weights that go on learning while the hypernetwork does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monas_core.parts.context import Context
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
        self._updater = Updater(self._supernet, settings.learning_rate, _HORIZON, peak=peak)

    def step(self, row: Tensor) -> float:
        """Train the subnet with option indices ``(C,)`` on a fresh batch; its loss."""
        task, place = self._context.require_task(), self._context.torch_device
        batch = task.batch("train", self._batch, self._generator).to(place)
        (architecture,) = population.decode(self._context.space.choices, row[None])
        self._supernet.train()
        loss = task.loss(self._supernet(batch.inputs, architecture), batch.targets).mean()
        self._updater.update(loss)
        self._supernet.zero_grad(set_to_none=True)
        self._supernet.eval()
        return float(loss.detach())

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers and position; the weights belong to the run."""
        return self._updater.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
