"""Training of the supernet before the search, by the sandwich rule.

The largest, the smallest and random subnets take turns (Yu and Huang,
"Universally Slimmable Networks", ICCV 2019, arXiv 1903.05134), sliced, so a step costs
what its subnet costs.

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
from monas_core.state import generator_from
from monas_core.updater import Updater
from monas_core.values import population
from monas_core.values.architecture import Architecture


class SupernetTrainer:
    """Takes a fixed number of steps, one subnet each."""

    def __init__(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        assert context.supernet is not None
        self.context = context
        self.settings = settings
        self.generator = generator
        self._supernet = context.supernet
        self._losses: dict[str, float] = {}
        self._updater = Updater(self._supernet, settings.learning_rate, settings.steps)

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._updater.done

    def _next_subnet(self) -> tuple[str, Architecture]:
        """Largest, random, smallest, random, ... with ``random_subnets`` per round."""
        space = self.context.space
        smallest, largest = end_rows(space).split(1)
        extra = self.settings.random_subnets
        turn = self.done % (2 + extra)
        names = {0: ("largest", largest), 1 + (extra + 1) // 2: ("smallest", smallest)}
        name, row = names.get(turn) or (
            "random",
            population.sample(space.choices, 1, self.generator),
        )
        return name, population.decode(space.choices, row)[0]

    def step(self) -> Mapping[str, float]:
        """Train the next subnet on a fresh batch; the latest loss of each kind of subnet."""
        task, place = self.context.require_task(), self.context.torch_device
        batch = task.batch("train", self.settings.batch_size, self.generator).to(place)
        name, architecture = self._next_subnet()
        self._supernet.train()
        loss = task.loss(self._supernet(batch.inputs, architecture), batch.targets).mean()
        self._updater.update(loss)
        self._losses[name] = float(loss.detach())
        return dict(self._losses)

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator."""
        return {
            **self._updater.state_dict(),
            "losses": self._losses,
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
        self._losses = dict(state["losses"])
        self.generator = generator_from(state["generator"])
