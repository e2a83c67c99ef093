"""A complete run on toys: real engine, real files, seconds."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
import torch

from monas_core.record.config import RunConfig
from monas_core.running.plan import Plan
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToyTask,
)
from monas_core.values.budget import Budget
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options
from monas_trainers.sandwich import Sandwich


def toy_plan(budget: str = "14steps", seed: int = 0) -> Plan:
    """MODNAS on the toy space with two search devices and one held out."""
    space = ToySpace()
    options = Options(initial_queries=16, cost_samples=32, first_steps=25, steps_per_round=10)
    return Plan(
        config=RunConfig(
            space="toy",
            objectives=("quality", "latency"),
            devices=("toy-a", "toy-b"),
            held_out=("toy-c",),
            budget=Budget.parse(budget),
            preferences=12,
            seed=seed,
        ),
        space=space,
        task=ToyTask(),
        objectives=(ToyQuality(), ToyLatency()),
        devices=(ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)),
        held_out=(ToyDevice("toy-c", power=1.1),),
        embedding=ToyEmbedding(),
        trainer=Sandwich(),
        optimizer=MODNAS(options),
        warm_up=attrs.evolve(space.warm_up, steps=6, batch_size=4),
        torch_device=torch.device("cpu"),
    )


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    return toy_plan
