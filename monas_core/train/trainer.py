"""One network, its task and its weight optimizers: steps, scores, state."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from monas_core.errors import Diverged
from monas_core.parts.scoring import score_of
from monas_core.parts.space import WarmUp
from monas_core.parts.task import Task
from monas_core.seeding import derived_generator, derived_seed
from monas_core.train.distillation import Teacher
from monas_core.train.settings import TrainSettings
from monas_core.updater import Updater

_REHEARSAL = 0.05
"""Share of a time budget spent on finding out how long a step takes."""


class SubnetTrainer:
    """Trains a standalone network; the same seed gives the same weights, bit for bit on CPU.

    Args:
        network: On ``place``; trained in place.
        task: Data, loss and score.
        settings: How.
        recommended: The space's own settings, whose learning rate both kinds of weight
            optimizers are tuned for together.
        steps: Length of the schedule.
        start: Steps that were taken before under another one; other batches come now.
        place: torch device.
        teacher: For distillation.
    """

    def __init__(
        self,
        network: nn.Module,
        task: Task,
        settings: TrainSettings,
        *,
        recommended: WarmUp,
        steps: int,
        start: int = 0,
        place: torch.device,
        teacher: Teacher | None = None,
    ) -> None:
        self.network = network
        self.losses: dict[str, float] = {}
        self._task = task
        self._settings = settings
        self._recommended = recommended
        self._place = place
        self._teacher = teacher
        self._start = start
        self._generator = derived_generator(
            settings.seed, "train", *([str(start)] if start else [])
        )
        self.rate_factor = 1.0
        self._updater = self._new_updater(network, steps)

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._updater.done

    @property
    def steps(self) -> int:
        """Steps to take in all."""
        return self._updater.steps

    def _new_updater(self, network: nn.Module, steps: int) -> Updater:
        rate = self._recommended.learning_rate
        peak = self.rate_factor * self._settings.learning_rate / rate
        matrix_rate = self._recommended.matrix_rate
        return Updater(network, rate, steps, peak=peak, matrix_rate=matrix_rate)

    def step(self) -> dict[str, float]:
        """Train on a fresh batch; its losses."""
        self._train_on(self.network, self._updater, self._generator)
        return self.losses

    def _train_on(self, network: nn.Module, updater: Updater, generator: torch.Generator) -> None:
        batch = self._task.batch("train", self._settings.batch_size, generator).to(self._place)
        network.train()
        cards = [self._place] if self._place.type == "cuda" else []
        # dropout draws from the global state: the same at step n, however one got there
        number = str(self._start + updater.done)
        with torch.random.fork_rng(devices=cards):
            torch.manual_seed(derived_seed(self._settings.seed, "dropout", number))
            outputs = network(batch.inputs)
        loss = self._task.loss(outputs, batch.targets).mean()
        losses = {"loss": loss}
        if self._teacher is not None:
            losses["with teacher"] = loss = self._teacher.mixed(loss, batch.inputs, outputs)
        updater.update(loss)
        self.losses = {name: float(value.detach()) for name, value in losses.items()}

    def steps_within(self, seconds: float) -> int:
        """How many steps fit into a time, found out on a copy; at least 1."""
        network = copy.deepcopy(self.network)
        updater = self._new_updater(network, 100)
        generator = derived_generator(self._settings.seed, "rehearsal")
        begin, count = 0.0, -1
        while count < 3 or time.perf_counter() - begin < _REHEARSAL * seconds:
            with contextlib.suppress(Diverged):  # takes as long; the training itself sees to it
                self._train_on(network, updater, generator)
            count += 1
            if count == 0:  # the first step is slower
                begin = time.perf_counter()
        per_step = (time.perf_counter() - begin) / count
        return max(1, int(seconds / per_step))

    def score(self) -> dict[str, float]:
        """Headline score and companions on data that neither training nor search has seen."""
        return score_of(self._task, self.network, self._place)

    def state_dict(self) -> dict[str, Any]:
        """Weights, weight optimizers, position, data generator."""
        return {
            "network": self.network.state_dict(),
            "updater": self._updater.state_dict(),
            "generator": self._generator.get_state(),
            "losses": self.losses,
            "rate_factor": self.rate_factor,
        }

    def good_state(self) -> dict[str, Any]:
        """What going back needs beside the weights."""
        return {name: value for name, value in self.state_dict().items() if name != "network"}

    def go_back(self, state: Mapping[str, Any], rate_factor: float) -> None:
        """Take a state up again with lower learning rates."""
        self._load_rest({**state, "rate_factor": rate_factor})

    def learner(self) -> nn.Module:
        """Whose weights are learnt."""
        return self.network

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self.network.load_state_dict(state["network"])
        self._load_rest(state)

    def _load_rest(self, state: Mapping[str, Any]) -> None:
        self.rate_factor = state.get("rate_factor", 1.0)
        self._updater = self._new_updater(self.network, self.steps)
        self._updater.load_state_dict(state["updater"])
        self._generator.set_state(state["generator"])
        self.losses = dict(state["losses"])
