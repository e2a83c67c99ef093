"""Weights and gates in turn: each moves alone, on its own data, and goes on where it stopped."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from monas_core.learning.two_levels import Rates, TwoLevels
from monas_core.parts.task import Batch, Part
from monas_core.seeding import seeded_construction
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.relaxation import Relaxation

RATES = Rates(batch_size=12, weights=1e-2, horizon=40, gates=0.1)


class Watched(ToyTask):
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Part, int]] = []

    def batch(self, part: Part, size: int, generator: Any) -> Batch:
        self.asked.append((part, size))
        return super().batch(part, size, generator)


def levels(count: int = 2, seed: int = 0) -> tuple[TwoLevels, Watched]:
    space, task = ToySpace(), Watched()
    with seeded_construction(3):
        supernet = space.supernet(task)
    generator = torch.Generator().manual_seed(seed)
    return TwoLevels(supernet, task, space.choices, count, RATES, generator), task


def none(relaxation: Relaxation) -> Tensor:
    return 0.0 * relaxation.weights.sum()


def weights_of(found: TwoLevels) -> Tensor:
    return torch.cat([p.detach().flatten() for p in found.supernet.parameters()])


def test_each_level_moves_alone_on_its_own_part() -> None:
    found, task = levels()
    gates, weights = found.logits.detach().clone(), weights_of(found)
    found.train_weights()
    assert torch.equal(found.logits, gates)
    assert not torch.equal(weights_of(found), weights)
    weights = weights_of(found)
    found.move_gates(none)
    assert not torch.equal(found.logits, gates)
    assert torch.equal(weights_of(found), weights)
    assert task.asked == [("train", 16), ("search", 16)]  # eight samples each at least


def test_a_pull_decides_where_the_loss_does_not() -> None:
    found, _ = levels(count=1)
    place = found.choices.position["activation"]
    for _ in range(40):
        found.move_gates(lambda relaxation: 50.0 * relaxation.of("activation")[:, 1].sum())
    assert found.relaxation.weights[0, place, 0] > 0.9


def test_cold_mixtures_are_nearly_what_they_stand_for() -> None:
    found, _ = levels()
    with torch.no_grad():
        found.logits.normal_(generator=torch.Generator().manual_seed(1))
    warm = found.relaxation
    found.temperature = 0.02
    cold = found.relaxation
    assert torch.equal(cold.to_population(), warm.to_population())
    assert float(warm.weights.amax(-1).mean()) < 0.8
    assert float(cold.weights.amax(-1).mean()) > 0.95


def test_both_levels_learn() -> None:
    found, _ = levels(count=1)
    first = found.train_weights()
    for _ in range(60):
        last = found.train_weights()
        found.move_gates(none)
    assert last < 0.85 * first


def test_a_restart_keeps_the_weights() -> None:
    found, _ = levels()
    for _ in range(5):
        found.train_weights()
        found.move_gates(none)
    weights = weights_of(found)
    found.restart()
    assert float(found.logits.detach().abs().max()) < 0.01
    assert torch.equal(weights_of(found), weights)


@pytest.mark.parametrize("moment", [0, 3])
def test_it_goes_on_where_it_stopped(moment: int) -> None:
    straight, _ = levels(seed=5)
    again, _ = levels(seed=5)
    for step in range(6):
        if step == moment:
            again.load_state_dict(copy.deepcopy(straight.state_dict()))
            again._generator.set_state(straight._generator.get_state())
        straight.train_weights()
        straight.move_gates(none)
    for _ in range(6 - moment):
        again.train_weights()
        again.move_gates(none)
    assert torch.equal(again.logits, straight.logits)
    assert torch.equal(weights_of(again), weights_of(straight))
