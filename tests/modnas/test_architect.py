"""One batched step against the loops and enumerations it replaces."""

from __future__ import annotations

import copy

import attrs
import pytest
import torch

from monas_core.errors import UsageError
from monas_core.learning.samplers import Sample
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import ToyEnergy, ToyLatency, ToyQuality, toy_problem
from monas_modnas.architect import Draw
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options

QUICK = {"initial_queries": 24, "cost_samples": 64, "first_steps": 150}


def started(problem: Problem, **options: object) -> MODNAS:
    """MODNAS that has just begun to learn its hypernetwork."""
    optimizer = MODNAS(Options(**{**QUICK, **options}))  # type: ignore[arg-type]
    optimizer.start(problem, torch.Generator().manual_seed(0))
    while optimizer.step().phase != "learning":
        problem.meter.steps += 1
    return optimizer


def three_objectives() -> Problem:
    return toy_problem(objectives=(ToyQuality(), ToyLatency(), ToyEnergy()), budget="400steps")


def first_device(sample: Sample) -> Sample:
    return Sample(sample.logits[:1], sample.rows[:1], sample.relaxed[:1], sample.temperature)


@pytest.fixture(scope="module")
def learnt() -> tuple[Problem, MODNAS]:
    problem = three_objectives()
    optimizer = started(problem)
    for _ in range(10):
        optimizer.step()
    return problem, optimizer


def test_batched_per_device_gradients_equal_a_loop(learnt: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = learnt
    architect, landscape = optimizer._architect, optimizer._landscape
    targets = landscape.targets(problem.devices)
    features = landscape.cost.device_scale(targets.embedding)
    draw = architect.draw(features, 4, 0.0, torch.Generator().manual_seed(1))
    _, gradient = architect.sampled_gradient(draw, targets, None)
    estimate = architect.sampler.pull_back(draw.sample, gradient)
    batched = architect.pull_back(draw.wishes, features, estimate)
    parameters = list(architect.network.parameters())
    for index in range(len(problem.devices)):
        logits = architect.network(draw.wishes[index, None], features[index, None])
        found = torch.autograd.grad((logits[0] * estimate[index]).sum(), parameters)
        torch.testing.assert_close(batched[index], torch.cat([g.flatten() for g in found]))


def test_the_gradient_of_one_device_does_not_depend_on_the_others(
    learnt: tuple[Problem, MODNAS],
) -> None:
    problem, optimizer = learnt
    architect, landscape = optimizer._architect, optimizer._landscape
    targets = landscape.targets(problem.devices)
    features = landscape.cost.device_scale(targets.embedding)
    draw = architect.draw(features, 4, 0.0, torch.Generator().manual_seed(1))
    _, together = architect.sampled_gradient(draw, targets, None)
    alone = Draw(draw.wishes[:1], first_device(draw.sample))
    _, single = architect.sampled_gradient(alone, targets.rows(torch.tensor([0])), None)
    torch.testing.assert_close(together[:1], single)


def test_every_objective_reaches_the_hypernetwork(learnt: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = learnt
    architect, landscape = optimizer._architect, optimizer._landscape
    targets = landscape.targets(problem.devices)
    features = landscape.cost.device_scale(targets.embedding)
    draw = architect.draw(features, 4, 0.0, torch.Generator().manual_seed(1))
    for index in range(3):
        wishes = torch.zeros_like(draw.wishes)
        wishes[..., index] = 1.0
        _, gradient = architect.sampled_gradient(Draw(wishes, draw.sample), targets, None)
        assert gradient.abs().amax() > 1e-4, problem.objectives[index].name


def test_gradient_reaches_options_that_were_not_sampled(learnt: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = learnt
    architect, landscape = optimizer._architect, optimizer._landscape
    targets = landscape.targets(problem.devices)
    features = landscape.cost.device_scale(targets.embedding)
    draw = architect.draw(features, 16, 0.0, torch.Generator().manual_seed(1))
    _, gradient = architect.sampled_gradient(draw, targets, None)
    reached = (gradient.abs() > 0).flatten(0, 1).any(0)
    assert bool(reached[architect.mask].all())


def test_wish_and_device_change_the_logits(learnt: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = learnt
    features = optimizer._landscape.cost.device_scale(problem.embed(problem.devices))
    wishes = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    logits = optimizer._architect.network(wishes.expand(2, 3, 3), features)
    assert (logits[0, 0] - logits[0, 1]).abs().max() > 0.05
    assert (logits[0, 1] - logits[0, 2]).abs().max() > 1e-3
    assert (logits[0] - logits[1]).abs().max() > 1e-3


def test_quality_may_come_from_the_supernet_itself() -> None:
    problem = three_objectives()
    optimizer = started(problem, quality="supernet")
    before = [p.clone() for p in optimizer._architect.network.parameters()]
    weights = [p.clone() for p in problem.context.supernet.parameters()]  # type: ignore[union-attr]
    report = optimizer.step()
    assert report.phase == "learning"
    after = list(optimizer._architect.network.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    now = list(problem.context.supernet.parameters())  # type: ignore[union-attr]
    assert all(torch.equal(a, b) for a, b in zip(weights, now, strict=True))
    assert all(p.grad is None for p in now)


def test_the_supernet_learns_on_when_that_is_asked_for() -> None:
    problem = three_objectives()
    supernet = problem.context.supernet
    assert supernet is not None
    optimizer = started(problem, quality="supernet", weights="together")
    before = [p.clone() for p in supernet.parameters()]
    optimizer.step()
    moved = [not torch.equal(a, b) for a, b in zip(before, supernet.parameters(), strict=True)]
    assert any(moved)
    assert not supernet.training


def test_learning_together_needs_the_supernet_as_judge() -> None:
    with pytest.raises(UsageError, match="quality=supernet"):
        Options(weights="together")


def test_the_entropy_bonus_lasts_half_the_budget(learnt: tuple[Problem, MODNAS]) -> None:
    """What it adds to the gradient at the logits is gone by half of the budget."""
    problem, optimizer = learnt
    architect, landscape = optimizer._architect, optimizer._landscape
    targets = landscape.targets(problem.devices)
    features = landscape.cost.device_scale(targets.embedding)

    def at_logits(entropy: float, progress: float) -> torch.Tensor:
        seen: list[torch.Tensor] = []
        kept = copy.deepcopy(architect.state_dict())
        twin = copy.copy(architect)
        twin.options = attrs.evolve(architect.options, entropy=entropy)
        twin.pull_back = lambda w, d, g: (seen.append(g), architect.pull_back(w, d, g))[1]  # type: ignore[method-assign]
        twin.step(targets, features, progress, torch.Generator().manual_seed(3))
        architect.load_state_dict(kept)
        return seen[0]

    full = at_logits(1.0, 0.0) - at_logits(0.0, 0.0)
    assert full.abs().max() > 1e-3
    for progress in (0.25, 0.5, 0.75, 1.0):
        bonus = at_logits(1.0, progress) - at_logits(0.0, progress)
        share = max(0.0, 1.0 - 2.0 * progress)
        torch.testing.assert_close(bonus, share * full, atol=1e-6, rtol=1e-4)
