"""Losses in place of a task's own, and the search of their parameters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from monas_core.errors import UsageError
from monas_core.learning.loss_search import LossSearch
from monas_core.parts.loss import Loss, TrainedTask
from monas_core.parts.task import Batch
from monas_core.testing.fakes import ToyTask
from monas_losses.options import PyramidOptions
from monas_losses.pyramid import Pyramid
from monas_losses.squared import Squared

TASK: Any = SimpleNamespace(name="maps", gain=1.0)


def test_squared_is_the_mean_square() -> None:
    outputs, targets = torch.randn(3, 1, 4, 4), torch.randn(3, 1, 4, 4)
    found = Squared(TASK).per_sample(outputs, targets)
    assert torch.allclose(found, (outputs - targets).square().mean((1, 2, 3)))


@pytest.mark.parametrize("outputs", [torch.zeros(3, 4), {"a": torch.zeros(3, 1, 4, 4)}])
def test_maps_of_other_shapes_are_refused(outputs: Any) -> None:
    with pytest.raises(UsageError, match="one shape"):
        Squared(TASK).per_sample(outputs, torch.zeros(3, 1, 4, 4))


def test_independent_errors_cancel_in_pools() -> None:
    noise = torch.randn(2000, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    zero = torch.zeros_like(noise)
    for level in range(4):
        loss = Pyramid(TASK, PyramidOptions(levels=4))
        with torch.no_grad():
            loss.logits[level] = 50.0
        pooled = loss.per_sample(noise, zero) - Squared(TASK).per_sample(noise, zero)
        assert abs(4 ** (level + 1) * float(pooled.detach().mean()) - 1.0) < 0.1, level


def test_a_moved_blob_is_nearer_than_a_missing_one() -> None:
    target = torch.zeros(1, 1, 8, 8)
    target[0, 0, 4, 4] = 1.0
    moved, missing = target.roll(1, 3), torch.zeros_like(target)
    pixels, pyramid = Squared(TASK), Pyramid(TASK, PyramidOptions(weight=20.0))
    assert pixels.per_sample(moved, target) > pixels.per_sample(missing, target)
    assert pyramid.per_sample(moved, target) < pyramid.per_sample(missing, target)


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (3, 16)])
def test_odd_maps_are_pooled(size: tuple[int, int]) -> None:
    outputs = torch.rand(2, 1, *size, requires_grad=True)
    loss = Pyramid(TASK).per_sample(outputs, torch.zeros(2, 1, *size))
    loss.sum().backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()


class Weighted(Loss):
    """Two linear losses; one leads to what is judged, the other away from it."""

    name = "weighted"

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.logits = torch.zeros(2, requires_grad=True)

    def per_sample(self, outputs: Tensor, targets: Tensor) -> Tensor:
        share = self.logits.softmax(0)
        return share[0] * self.judged(outputs, targets) + share[1] * (
            outputs + targets
        ).square().sum(1)

    def searched(self) -> list[Tensor]:
        return [self.logits]

    def judged(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square().sum(1)


def test_the_search_finds_the_loss_that_leads_to_what_is_judged() -> None:
    torch.manual_seed(0)
    network, loss = nn.Linear(3, 2), Weighted(TASK)
    search = LossSearch(loss, rate=0.1)
    batch = Batch(torch.randn(16, 3), torch.randn(16, 2))
    weights = list(network.parameters())
    first = search.move(network, weights, batch, batch)
    for _ in range(60):
        last = search.move(network, weights, batch, batch)
    assert last > first
    assert float(loss.logits.softmax(0)[0].detach()) > 0.9
    assert all(w.grad is None for w in weights), "the search leaves gradients of weights behind"


def test_a_task_is_trained_with_another_loss_and_stays_itself() -> None:
    task = ToyTask()
    trained = TrainedTask(task, Weighted(task))
    batch = task.batch("train", 4, torch.Generator().manual_seed(0))
    targets = torch.zeros(4, 4)
    outputs = torch.ones(4, 4)
    assert torch.allclose(trained.loss(outputs, targets), torch.full((4,), 4.0))
    model = nn.Linear(6, 4)
    assert trained.evaluate(model, "test") == task.evaluate(model, "test")
    again = trained.batch("train", 4, torch.Generator().manual_seed(0))
    assert torch.equal(again.inputs, batch.inputs)
    assert (trained.modality, trained.score, trained.argument) == ("toy", task.score, None)
    assert trained.describe()["trained with"] == "weighted"


def test_parameters_come_back_from_their_state() -> None:
    one, two = Pyramid(TASK), Pyramid(TASK)
    with torch.no_grad():
        one.logits.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    two.load_state_dict(one.state_dict())
    assert torch.equal(one.logits, two.logits)
    assert sum(two.told().values()) == pytest.approx(1.0)
    assert list(two.told()) == ["pool 2", "pool 4", "pool 8", "pool 16"]


def test_shares_that_are_not_searched_stay_equal() -> None:
    loss = Pyramid(TASK, PyramidOptions(levels=2, search=False))
    assert not loss.searched()
    assert list(loss.told().values()) == [0.5, 0.5]


def test_options_are_checked() -> None:
    with pytest.raises(UsageError, match="levels"):
        PyramidOptions(levels=0)
    with pytest.raises(UsageError, match="weight"):
        PyramidOptions(weight=0.0)
