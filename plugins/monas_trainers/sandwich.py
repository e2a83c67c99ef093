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
from monas_core.parts.space import WarmUp, end_rows
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_trainers.lessons import Lessons


class Sandwich(Trainer):
    """Takes a fixed number of steps, one subnet each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to train the supernet of a context."""
        self._context = context
        self._settings = settings
        self._generator = generator
        self._lessons = Lessons(context, settings, generator)

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._lessons.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._lessons.done

    def _next_subnet(self) -> tuple[str, Architecture]:
        """Largest, random, smallest, random, ... with ``random_subnets`` per round."""
        space = self._context.space
        smallest, largest = end_rows(space).split(1)
        extra = self._settings.random_subnets
        turn = self.done % (2 + extra)
        names = {0: ("largest", largest), 1 + (extra + 1) // 2: ("smallest", smallest)}
        name, row = names.get(turn) or (
            "random",
            population.sample(space.choices, 1, self._generator),
        )
        return name, population.decode(space.choices, row)[0]

    def step(self) -> TrainingReport:
        """Train the next subnet on a fresh batch; the latest loss of each kind of subnet."""
        return self._lessons.teach(self._next_subnet)

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator."""
        return self._lessons.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._lessons.load_state_dict(state)
