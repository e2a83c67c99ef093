"""Quality: the task's score of a subnet, on the right data, without side effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.parts.task import Model, Part
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.architecture import Architecture
from monas_core.values.population import corners, decode
from monas_quality.quality import Quality


class WatchfulTask(ToyTask):
    """Notes which part was asked for, and in which state the network was called."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Part, bool]] = []

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        self.seen.append((part, torch.is_grad_enabled()))
        return super().evaluate(model, part)


@pytest.fixture
def context() -> Context:
    space, task = ToySpace(), WatchfulTask()
    return Context(space, task, space.supernet(task))


@pytest.fixture
def pair(context: Context) -> list[Architecture]:
    return decode(context.space.choices, corners(context.space.choices))


def test_unit_and_direction_are_the_tasks(context: Context) -> None:
    quality = Quality(task=context.task)
    assert (quality.unit, quality.direction) == ("nat", "min")


def test_score_with_companions(context: Context, pair: list[Architecture]) -> None:
    assert context.supernet is not None
    task = context.require_task()
    for value, architecture in zip(
        Quality(task=task).evaluate(pair, None, context), pair, strict=True
    ):
        subnet = context.supernet.extract(architecture).eval()
        expected = task.evaluate(subnet, "search")
        assert value.value == pytest.approx(expected["cross-entropy"], abs=1e-5)
        assert dict(value.extra) == {"accuracy": pytest.approx(expected["accuracy"])}
        assert (value.unit, value.origin) == ("nat", "measured")


@pytest.mark.parametrize(("split", "part"), [("search", "search"), ("final", "test")])
def test_split_decides_the_data(
    context: Context, pair: list[Architecture], split: Any, part: Part
) -> None:
    task: Any = context.task
    Quality(task=task).evaluate(pair, None, context, split)
    assert task.seen == [(part, False)] * 2


@pytest.mark.parametrize("training", [True, False])
def test_the_supernet_is_left_as_it_was(
    context: Context, pair: list[Architecture], training: bool
) -> None:
    assert context.supernet is not None
    context.supernet.train(training)
    during: list[bool] = []
    context.supernet.register_forward_hook(lambda module, *_: during.append(module.training))
    Quality(task=context.task).evaluate(pair, None, context)
    assert context.supernet.training is training
    assert set(during) == {False}


def test_the_supernet_is_restored_after_a_fault(
    context: Context, pair: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert context.supernet is not None
    context.supernet.train()
    monkeypatch.setattr(context.task, "evaluate", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Quality(task=context.task).evaluate(pair, None, context)
    assert context.supernet.training


def test_no_supernet(pair: list[Architecture]) -> None:
    task = ToyTask()
    with pytest.raises(Unavailable, match="this run has none"):
        Quality(task=task).evaluate(pair, None, Context(ToySpace(), task))


def test_no_task() -> None:
    with pytest.raises(UsageError, match="name one with --task"):
        Quality()


def test_one_pass_serves_several_scores(context: Context, pair: list[Architecture]) -> None:
    task = context.require_task()
    assert isinstance(task, WatchfulTask)
    headline, hits = Quality(task=task), Quality(task=task, argument="Accuracy")
    assert (hits.name, hits.short) == ("quality:accuracy", "acc:accuracy")
    assert (hits.unit, hits.direction) == ("fraction", "max")
    found = [objective.evaluate(pair, None, context) for objective in (headline, hits)]
    assert len(task.seen) == len(pair)
    for left, right in zip(*found, strict=True):
        assert left.extra == {"accuracy": right.value}
        assert right.extra == {"cross-entropy": left.value}
    hits.evaluate(pair, None, context, "final")
    assert [part for part, _ in task.seen[len(pair) :]] == ["test", "test"]


@pytest.mark.parametrize("change", ["step", "load"])
def test_weights_that_change_are_judged_again(
    context: Context, pair: list[Architecture], change: str
) -> None:
    assert context.supernet is not None
    quality = Quality(task=context.task)
    before = quality.evaluate(pair, None, context)
    if change == "load":
        state = {k: v + 0.3 for k, v in context.supernet.state_dict().items()}
        context.supernet.load_state_dict(state)
    else:
        adam = torch.optim.AdamW(context.supernet.parameters(), lr=0.1)
        for parameter in context.supernet.parameters():
            parameter.grad = torch.ones_like(parameter)
        adam.step()
    after = quality.evaluate(pair, None, context)
    assert all(a.value != b.value for a, b in zip(before, after, strict=True))


def test_an_unknown_score_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r'Task "toy" has no score "f1"\. Known: cross'):
        Quality(task=ToyTask(), argument="f1")
