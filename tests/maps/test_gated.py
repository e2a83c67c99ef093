"""Optimizer gated: samples, entropy, aims, learning the edges that are needed, and resuming."""

from __future__ import annotations

import pytest
import torch

from monas_core import state
from monas_core.parts.context import Context
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.testing.contracts.base import assert_same
from monas_core.testing.fakes import ToyDevice, ToyEmbedding
from monas_core.values.budget import Budget, Meter
from monas_core.values.preference import lattice_of_size
from monas_core.values.wish import wishes
from monas_fusion.edges import Edges
from monas_fusion.space import FusionSpace
from monas_gated.aims import aims_of
from monas_gated.gates import entropy, hard, mixture, sampled
from monas_gated.optimizer import Gated
from monas_gated.options import GatedOptions
from monas_multitask.loading import load
from monas_multitask.options import MultitaskOptions
from monas_quality.quality import Quality


@pytest.fixture(scope="module")
def task():
    return load(options=MultitaskOptions(pictures=32))


def problem_of(task, budget="12steps"):
    space = FusionSpace.tiny()
    with seeded_construction(0):
        supernet = space.supernet(task)
    context = Context(space, task, supernet)
    objectives = (Quality(task, "seg"), Quality(task, "normal"), Edges(task))
    meter = Meter(Budget.parse(budget))
    device = ToyDevice("any")
    evaluator = Evaluator(context, objectives, meter, [device])
    return Problem(context, objectives, (device,), evaluator, ToyEmbedding(), meter)


def drive(optimizer, problem, at_most=1000):
    reports = []
    while problem.meter.left > 0 and len(reports) < at_most:
        reports.append(optimizer.step())
        problem.meter.steps += 1
        if reports[-1].finished:
            break
    return reports


def test_samples_follow_their_probabilities():
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([[-2.0, 0.0, 1.0]]).repeat(4000, 1)
    cold = sampled(logits, 0.05, generator)
    assert torch.allclose((cold > 0.5).float().mean(0), logits[0].sigmoid(), atol=0.03)
    assert float(((cold > 0.05) & (cold < 0.95)).float().mean()) < 0.1
    warm = sampled(logits, 5.0, generator)
    assert float(((warm > 0.05) & (warm < 0.95)).float().mean()) > 0.9


def test_entropy_is_that_of_coins():
    logits = torch.tensor([[0.0, 0.0], [30.0, -30.0]])
    assert entropy(logits).tolist() == pytest.approx([0.6931, 0.0], abs=1e-4)
    assert hard(torch.tensor([[-0.1, 0.1]])).tolist() == [[0, 1]]
    space = FusionSpace.tiny()
    opened = torch.rand(3, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(mixture(space.choices, opened).weights.sum(-1), torch.ones(3, 6))


def test_aims_follow_preferences(task):
    objectives = (Quality(task, "seg"), Quality(task, "normal-median"), Edges(task))
    aims = aims_of(objectives, task, 6)
    assert len(aims) == 6
    total = aims.heads.sum(1) + aims.price
    assert torch.allclose(total, torch.ones(6))
    corners = {tuple(row) for row in torch.cat([aims.heads, aims.price[:, None]], 1).tolist()}
    assert {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)} <= corners
    alone = aims_of((Edges(task),), task, 1)
    assert (alone.heads.tolist(), alone.price.tolist()) == ([[0.0, 0.0]], [1.0])


def test_it_learns_evaluates_and_ends(task):
    problem = problem_of(task, "20steps")
    before = [p.clone() for p in problem.context.require_supernet().parameters()]
    optimizer = Gated(GatedOptions(aims=3, samples=2))
    optimizer.start(problem, torch.Generator().manual_seed(0))
    reports = drive(optimizer, problem)
    assert [r.phase for r in reports[:17]] == ["learning"] * 17
    assert reports[-1].phase == "evaluating"
    after = problem.context.require_supernet().parameters()
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert 0 < problem.meter.evaluations <= 5
    spent = problem.meter.evaluations
    names = [objective.short for objective in problem.objectives]
    found = optimizer.propose(problem.devices[0], wishes(lattice_of_size(names, 6), ()))
    assert len(found) == 6
    assert problem.meter.evaluations == spent


def test_a_price_closes_gates_and_entropy_decides_them(task):
    problem = problem_of(task, "60steps")
    options = GatedOptions(aims=3, samples=2, gate_rate=0.2, entropy=1.0, schedule="constant")
    optimizer = Gated(options)
    optimizer.start(problem, torch.Generator().manual_seed(0))
    drive(optimizer, problem, 50)
    spread = (optimizer.probabilities - 0.5).abs().mean()
    assert float(spread) > 0.35
    priced = optimizer._aims.price == 1.0
    assert int(hard(optimizer.logits)[priced].sum()) == 0


@pytest.mark.parametrize("stop", [1, 5, 11])
def test_resumed_equals_uninterrupted(task, stop, tmp_path):
    options = GatedOptions(aims=3, samples=2)
    whole = problem_of(task)
    straight = Gated(options)
    straight.start(whole, torch.Generator().manual_seed(0))
    drive(straight, whole)
    before = problem_of(task)
    first = Gated(options)
    first.start(before, torch.Generator().manual_seed(0))
    known = []
    before.evaluator.listen(known.append)
    drive(first, before, stop)
    weights = before.context.require_supernet().state_dict()
    state.save(tmp_path / "saved", {"optimizer": first.state_dict(), "supernet": weights})
    saved = state.load(tmp_path / "saved")
    after = problem_of(task)
    after.meter.steps = stop
    after.context.require_supernet().load_state_dict(saved["supernet"])
    after.evaluator.remember(known)
    second = Gated(options)
    second.start(after, torch.Generator().manual_seed(5))
    second.load_state_dict(saved["optimizer"])
    drive(second, after)
    assert_same(second.state_dict(), straight.state_dict(), "state")
    assert_same(
        dict(after.context.require_supernet().state_dict()),
        dict(whole.context.require_supernet().state_dict()),
        "weights",
    )


def test_qualities_of_earlier_weights_are_forgotten(task):
    problem = problem_of(task)
    evaluator, quality = problem.evaluator, problem.objectives[0]
    ends = [problem.context.space.ends().smallest, problem.context.space.ends().largest]
    first = [v.value for v in evaluator.values(quality, ends, None)]
    with torch.no_grad():
        for weight in problem.context.require_supernet().parameters():
            weight.mul_(-1.0)
    assert [v.value for v in evaluator.values(quality, ends, None)] == first
    evaluator.forget_quality(keep=ends[:1])
    again = [v.value for v in evaluator.values(quality, ends, None)]
    assert again[0] == first[0]
    assert again[1] != first[1]
    assert problem.meter.evaluations == 2
