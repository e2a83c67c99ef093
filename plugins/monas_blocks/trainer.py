"""Block-wise supervision: every block learns to turn a teacher's features into the next ones.

Li et al., "Blockwisely Supervised Neural Architecture Search with Knowledge Distillation", CVPR
2020 (arXiv 1911.13053), equations 5 and 6; the family in arXiv 2403.01326. A block is given the
teacher's features of the block before, so blocks do not depend on each other, and only as many
paths share weights as a block has.

Deviation: all blocks take a step together on one random path, under one schedule, where the paper
trains one block after the other; errors are divided by the variance of the teacher's features, so
that blocks weigh alike; weights are updated as every supernet's are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monas_blocks.narrowing import Narrowed
from monas_blocks.supervision import aligned, blocks_of, entering
from monas_core.parts.context import Context
from monas_core.parts.space import WarmUp
from monas_core.parts.supernet import rate_factors
from monas_core.parts.trainer import Trainer, TrainingReport
from monas_core.updater import Updater
from monas_core.values import population
from monas_core.values.architecture import Architecture

_LEAST = 1e-8


class BlockwiseTrainer(Trainer):
    """Takes a fixed number of steps, one random path through all blocks each."""

    def start(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        """Prepare to train the blocks of a context's supernet."""
        self._context, self._settings, self._generator = context, settings, generator
        self._teacher, self._blocks = Narrowed(context), blocks_of(context)
        self._losses: dict[str, float] = {}
        supernet = context.require_supernet()
        self._updater = Updater(
            supernet,
            settings.learning_rate,
            settings.steps,
            factors=rate_factors(supernet, settings.rates),
            engine=context.engine.alone(),
        )

    @property
    def steps(self) -> int:
        """Steps to take."""
        return self._settings.steps

    @property
    def done(self) -> int:
        """Steps taken."""
        return self._updater.done

    def step(self) -> TrainingReport:
        """Train one path of every block on a fresh batch; the latest loss of each block."""
        context, settings = self._context, self._settings
        task = context.require_task()
        batch = task.batch("train", settings.batch_size, self._generator).to(context.torch_device)
        row = population.sample(context.space.choices, 1, self._generator)
        (architecture,) = population.decode(context.space.choices, row)
        context.require_supernet().train()
        losses = self._errors(batch.inputs, architecture)
        self._updater.update(torch.stack(list(losses.values())).sum())
        self._losses |= {name: float(loss.detach()) for name, loss in losses.items()}
        return TrainingReport(dict(self._losses))

    def _errors(self, inputs: Any, architecture: Architecture) -> dict[str, Tensor]:
        features = self._teacher.features(inputs)
        given = entering(inputs, features)
        found: dict[str, Tensor] = {}
        for name, start, wanted in zip(self._blocks.blocks, given, features, strict=True):
            own = aligned(self._blocks.run_block(name, start, architecture), wanted, name)
            scale = wanted.var().clamp_min(_LEAST)
            found[name] = (own - wanted).pow(2).mean() / scale
        return found

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and generator."""
        return {
            **self._updater.state_dict(),
            "losses": self._losses,
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self._updater.load_state_dict(state)
        self._losses = dict(state["losses"])
        self._generator.set_state(state["generator"])
