"""Blocks: supervised apart, rated additively, joined exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from monas_blocks.narrowing import Narrowed
from monas_blocks.rating import Rating
from monas_blocks.supervision import aligned
from monas_blocks.trainer import BlockwiseTrainer
from monas_blocks.traversal import BlockTraversal
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.teacher import Teacher
from monas_core.problem.problem import Problem
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.testing.fake_costs import _burden
from monas_core.testing.fakes import ToyLatency, ToyQuality, toy_problem, true_front
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import non_dominated
from monas_core.values.preference import lattice_of_size
from monas_core.values.relaxation import Relaxation
from monas_core.values.value import Split, Value
from monas_core.values.wish import wishes


class Sum(ToyQuality):
    """A quality that is a sum over choices."""

    name: ClassVar[str] = "sum"
    short: ClassVar[str] = "sum"
    asked: ClassVar[list[Architecture]] = []

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """The burden of the choices."""
        del device, split
        self.asked.extend(architectures)
        rows = Relaxation.from_architectures(context.space.choices, architectures)
        return [Value(v, self.unit, "modelled") for v in _burden(rows, "sum", 0.6).tolist()]


def _traversed(problem: Problem) -> BlockTraversal:
    optimizer = BlockTraversal()
    optimizer.start(problem, torch.Generator().manual_seed(0))
    while not optimizer.step().finished:
        pass
    return optimizer


def _points(problem: Problem, found: Sequence[Architecture], device: Device) -> Any:
    return problem.evaluator.matrix(found, device, exact=True).numpy()


def test_traversal_equals_enumeration() -> None:
    problem = toy_problem(objectives=[Sum(), ToyLatency()])
    optimizer = _traversed(problem)
    assert problem.meter.evaluations < problem.choices.cardinality() / 2
    for device in problem.devices:
        _, expected = true_front(problem, device)
        joined, _ = optimizer._join(device, ())
        assert np.sort(joined, axis=0) == pytest.approx(np.sort(expected, axis=0))


@pytest.mark.parametrize(
    ("kind", "share", "tolerance"),
    [("max", 0.3, 0.0), ("max", 0.7, 0.0), ("min", 0.5, 0.0), ("equal", 0.4, 0.05)],
)
def test_under_a_limit_the_best_is_found(kind: Any, share: float, tolerance: float) -> None:
    problem = toy_problem(objectives=[Sum(), ToyLatency()])
    device, everything = problem.devices[0], list(problem.choices.enumerate())
    points = _points(problem, everything, device)
    bound = float(np.quantile(points[:, 1], share))
    limit = Constraint("toyl", kind, bound, tolerance, None)
    optimizer = _traversed(attrs.evolve(problem, limits=(limit,)))
    names = ["sum", "toyl"]
    (best,) = optimizer.propose(
        device, wishes([p for p in lattice_of_size(names, 2) if p.vector[0] == 1.0], [limit])
    )
    meets = [index for index, p in enumerate(points) if limit.violation(float(p[1])) == 0.0]
    assert _points(problem, [best], device)[0, 0] == pytest.approx(points[meets, 0].min())


def test_what_is_judged_early_is_answered_with_early() -> None:
    problem = toy_problem(objectives=[Sum(), ToyLatency()])
    optimizer = BlockTraversal()
    optimizer.start(problem, torch.Generator().manual_seed(0))
    asked = wishes(lattice_of_size(["sum", "toyl"], 5))
    optimizer.options = attrs.evolve(optimizer.options, batch=4)
    optimizer.step()
    spent = problem.meter.evaluations
    found = optimizer.propose(problem.devices[0], asked)
    assert problem.meter.evaluations == spent == 4
    assert all(problem.choices.from_json(a.to_json()) == a for a in found)


@pytest.fixture(scope="module")
def trained() -> Context:
    """The toy supernet, its blocks supervised by the largest network."""
    context = toy_problem().context
    trainer = BlockwiseTrainer()
    settings = attrs.evolve(context.space.warm_up, steps=150)
    trainer.start(context, settings, torch.Generator().manual_seed(0))
    first = last = trainer.step().losses
    while trainer.done < trainer.steps:
        last = trainer.step().losses
    assert sum(last.values()) < sum(first.values())
    return context


def test_ratings_are_sums_over_blocks(trained: Context) -> None:
    rating, choices = Rating(), trained.space.choices
    kept = {"activation": "relu", "depth": 3}

    def rated(*widths: int) -> float:
        own = {f"width_{n}": width for n, width in enumerate(widths, start=1)}
        (value,) = rating.evaluate([choices.architecture({**kept, **own})], None, trained)
        return value.value

    apart = rated(4, 16, 16) + rated(16, 4, 16) + rated(16, 16, 4) - 2 * rated(16, 16, 16)
    assert rated(4, 4, 4) == pytest.approx(apart, rel=1e-5)


def test_wide_blocks_come_nearer_to_the_teacher(trained: Context) -> None:
    ends = trained.space.ends()
    small, large = Rating().evaluate([ends.smallest, ends.largest], None, trained)
    assert large.value < small.value


def test_ratings_follow_the_weights(trained: Context) -> None:
    rating, asked = Rating(), [trained.space.ends().largest]
    (before,) = rating.evaluate(asked, None, trained)
    weight = next(trained.require_supernet().parameters())
    with torch.no_grad():
        kept = weight.clone()
        weight.mul_(0.5)
        (after,) = rating.evaluate(asked, None, trained)
        weight.copy_(kept)
    assert after.value != before.value


def test_features_are_brought_to_the_teachers_shape() -> None:
    wanted = torch.zeros(2, 6, 8, 8)
    small = torch.ones(2, 4, 4, 4)
    found = aligned(small, wanted, "stage 0")
    assert found.shape == wanted.shape
    assert (found[:, :4] == 1).all()
    assert (found[:, 4:] == 0).all()
    with pytest.raises(UsageError, match="give a teacher of the same space"):
        aligned(torch.ones(2, 9, 8, 8), wanted, "stage 0")
    with pytest.raises(UsageError, match="give a teacher"):
        aligned(torch.ones(2, 9), wanted, "stage 0")


def test_blocks_learn_from_a_teacher_that_is_wider_than_they_are() -> None:
    context = toy_problem().context
    widths = [16, 16, 16]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        wide = nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Linear(40, 24), nn.Linear(24, 16))
    teacher = Teacher(wide, ("1", "2", "3"), "a stranger's")
    context = attrs.evolve(context, teacher=lambda: teacher)
    narrowed, inputs = Narrowed(context), context.require_task().example(64)
    inputs = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(2))
    found, whole = narrowed.features(inputs), teacher.features(inputs)
    assert [f.shape[-1] for f in found] == [
        min(a, b) for a, b in zip(widths, (40, 24, 16), strict=True)
    ]
    assert torch.equal(found[2], whole[2])  # narrow enough
    for kept, every in zip(found[:2], whole[:2], strict=True):
        first = every[:, : kept.shape[1]]  # as many channels, but any
        assert kept.var(0).sum() > first.var(0).sum()
        assert kept.var(0).sum() <= every.var(0).sum() * 1.0001
    again = Narrowed(context).features(inputs)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    trainer = BlockwiseTrainer()
    settings = attrs.evolve(context.space.warm_up, steps=60)
    trainer.start(context, settings, torch.Generator().manual_seed(0))
    first_losses = last = trainer.step().losses
    while trainer.done < trainer.steps:
        last = trainer.step().losses
    assert sum(last.values()) < sum(first_losses.values())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"objectives": "acc,params", "teacher": "largest"}, "trains only what comes before"),
        ({"objectives": "rating,params"}, "add --teacher"),
        ({"objectives": "rating,params", "teacher": "largest", "space": "hat"}, '"blocks"'),
        (
            {"objectives": "rating,params", "teacher": "largest", "trainer": "none"},
            "leaves out",
        ),
    ],
)
def test_what_does_not_fit_is_refused(asked: dict[str, Any], told: str) -> None:
    usual = {"space": "mobilenetv3", "trainer": "blockwise", "optimizer": "block-traversal"}
    with pytest.raises(UsageError, match=told):
        resolve(load_config(None, usual | asked), Catalog.installed())


def test_the_front_of_blocks_has_no_dominated_members() -> None:
    problem = toy_problem(objectives=[Sum(), ToyLatency()])
    optimizer = _traversed(problem)
    asked = wishes(lattice_of_size(["sum", "toyl"], 20))
    found = list(dict.fromkeys(optimizer.propose(problem.devices[0], asked)))
    assert non_dominated(_points(problem, found, problem.devices[0])).all()
