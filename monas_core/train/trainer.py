"""One network, its task and its weight optimizers: steps, scores, state."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.computing.compiling import Compiled
from monas_core.computing.engine import Engine
from monas_core.errors import Diverged
from monas_core.parts.scoring import score_of
from monas_core.parts.space import WarmUp
from monas_core.parts.task import Batch, Task
from monas_core.seeding import derived_generator, derived_seed, forked
from monas_core.train.distillation import Teacher
from monas_core.train.settings import TrainSettings
from monas_core.updater import Updater

_REHEARSAL = 0.05
"""Share of a time budget spent on finding out how long a step takes."""


class SubnetTrainer:
    """Trains a standalone network; the same seed gives the same weights, bit for bit on CPU.

    Args:
        network: On the engine's place; trained in place.
        task: Data, loss and score.
        settings: How.
        recommended: The space's own settings, whose learning rate both kinds of weight
            optimizers are tuned for together.
        steps: Length of the schedule.
        start: Steps that were taken before under another one; other batches come now.
        engine: What computes its steps.
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
        engine: Engine,
        teacher: Teacher | None = None,
    ) -> None:
        self.network = network
        self.losses: dict[str, float] = {}
        self._task = task
        self._settings = settings
        self._recommended = recommended
        self._engine = engine
        self._teacher = teacher
        self._start = start
        self._generator = derived_generator(
            settings.seed, "train", *([str(start)] if start else [])
        )
        self.rate_factor = 1.0
        self._run = Compiled(network, engine.warn) if engine.recipe.compile else network
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
        return Updater(
            network, rate, steps, peak=peak, matrix_rate=matrix_rate, engine=self._engine
        )

    def step(self) -> dict[str, float]:
        """Train on a fresh batch; its losses."""
        self._train_on(self._run, self._updater, self._generator)
        return self.losses

    def _train_on(
        self, run: Callable[[Any], Any], updater: Updater, generator: torch.Generator
    ) -> None:
        batch = self._task.batch("train", self._settings.batch_size, generator)
        updater.network.train()

        def losses(piece: Batch) -> dict[str, Tensor]:
            outputs = run(piece.inputs)
            found = {"loss": self._task.loss(outputs, piece.targets).mean()}
            if self._teacher is not None:
                mixed = self._teacher.mixed(found["loss"], piece.inputs, outputs)
                found["with teacher"] = mixed
            return found

        # dropout draws from the global state: the same at step n, however one got there
        number = str(self._start + updater.done)
        with forked(self._engine.place):
            torch.manual_seed(derived_seed(self._settings.seed, "dropout", number))
            self.losses = updater.learn(batch, losses)

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
        return score_of(self._task, self.network, self._engine.place)

    def state_dict(self) -> dict[str, Any]:
        """Weights, weight optimizers, position, data generator."""
        return {
            "network": self.network.state_dict(),
            "updater": self._updater.state_dict(),
            "generator": self._generator.get_state(),
            "losses": self.losses,
            "rate_factor": self.rate_factor,
            "engine": self._engine.state_dict(),
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
        if "engine" in state:
            self._engine.load_state_dict(state["engine"])
        self._updater = self._new_updater(self.network, self.steps)
        self._updater.load_state_dict(state["updater"])
        self._generator.set_state(state["generator"])
        self.losses = dict(state["losses"])
