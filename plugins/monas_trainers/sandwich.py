"""The sandwich rule: the largest, the smallest and random subnets take turns.

After Yu and Huang ("Universally Slimmable Networks", ICCV 2019, arXiv 1903.05134), sliced, so
a step costs what its subnet costs.

Deviation: one subnet and one update per step instead of one update per
sandwich, and Muon for hidden matrices instead of AdamW for everything; both
lower the loss at equal cost by a wide margin (benchmarks/bench_warmup.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_trainers.lessons import Lessons
from monas_trainers.turns import Turns


class Sandwich(Trainer):
    """Takes a fixed number of steps, one subnet each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to train the supernet of a context."""
        self._turns = Turns(context.space, settings.random_subnets, generator)
        self._lessons = Lessons(context, settings, generator)

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._lessons.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._lessons.done

    def step(self) -> TrainingReport:
        """Train the next subnet on a fresh batch; the latest loss of each kind of subnet."""
        return self._lessons.teach(lambda: self._turns.next(self.done))

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator."""
        return self._lessons.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._lessons.load_state_dict(state)
