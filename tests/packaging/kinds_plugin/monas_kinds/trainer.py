"""Single paths, drawn uniformly (Guo et al., arXiv 1904.00420), with plain Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.supernet import rate_factors
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.updater import Updater
from monas_core.values import population


class Uniform(Trainer):
    """One random subnet a step."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Take the supernet."""
        self._supernet, self._task = context.require_supernet(), context.require_task()
        self._choices, self._place = context.space.choices, context.torch_device
        self._settings, self._generator = settings, generator
        factors = rate_factors(self._supernet, settings.rates)
        self._updater = Updater(
            self._supernet, settings.learning_rate, settings.steps, factors=factors
        )

    @property
    def steps(self) -> int:
        """As many as the settings say."""
        return self._settings.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._updater.done

    def step(self) -> TrainingReport:
        """A random subnet on a random batch."""
        rows = population.sample(self._choices, 1, self._generator)
        (architecture,) = population.decode(self._choices, rows)
        size = self._settings.batch_size
        batch = self._task.batch("train", size, self._generator).to(self._place)
        self._supernet.train()
        loss = self._task.loss(self._supernet(batch.inputs, architecture), batch.targets).mean()
        self._updater.update(loss)
        return TrainingReport({"random": float(loss.detach())})

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers and generator."""
        return {"updater": self._updater.state_dict(), "generator": self._generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on."""
        self._updater.load_state_dict(state["updater"])
        self._generator.set_state(state["generator"])
