"""A session on toys, as a finished run has one; training needs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import torch
from torch import nn

from monas_core.record.config import RunConfig
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToySupernet,
    ToyTask,
)
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options
from monas_trainers.sandwich import Sandwich


class ForgetfulSupernet(ToySupernet):
    """Subnets drop some of their inputs in training: they draw from the global state."""

    def extract(self, architecture: Architecture) -> Any:
        network = super().extract(architecture)
        return nn.Sequential(nn.Dropout(0.2), network).train(self.training)


class ForgetfulSpace(ToySpace):
    def supernet(self, task: Any) -> ForgetfulSupernet:
        return ForgetfulSupernet(self.choices, task.n_outputs)


@pytest.fixture
def session() -> Callable[..., Session]:
    """A fresh session each time it is called, always with the same weights."""

    def make(space: ToySpace | None = None, task: ToyTask | None = None) -> Session:
        space = space or ForgetfulSpace()
        plan = Plan(
            config=RunConfig(space="toy"),
            space=space,
            task=task or ToyTask(),
            objectives=(ToyQuality(), ToyLatency()),
            devices=(ToyDevice("toy-a"),),
            held_out=(),
            embedding=ToyEmbedding(),
            trainer=Sandwich(),
            optimizer=MODNAS(Options()),
            warm_up=attrs.evolve(space.warm_up, steps=40, batch_size=8),
            torch_device=torch.device("cpu"),
        )
        return Session(plan)

    return make


@pytest.fixture
def architecture() -> Architecture:
    choices = ToySpace().choices
    return population.decode(choices, population.corners(choices))[-1]
