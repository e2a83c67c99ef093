"""MODNAS as a whole on a problem whose front is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import ToyDevice, toy_problem, true_front
from monas_core.values import population
from monas_core.values.front import Scale
from monas_core.values.preference import lattice
from monas_core.values.wish import wishes
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options

QUICK = {"initial_queries": 24, "cost_samples": 64, "first_steps": 150, "steps_per_round": 10}


def run(problem: Problem, steps: int, seed: int = 0, **options: object) -> MODNAS:
    optimizer = MODNAS(Options(**{**QUICK, **options}))  # type: ignore[arg-type]
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    for _ in range(steps):
        optimizer.step()
        problem.meter.steps += 1
    return optimizer


@pytest.fixture(scope="module")
def finished() -> tuple[Problem, MODNAS]:
    devices = [ToyDevice(f"toy-{power}", power=power) for power in (0.6, 0.9, 1.3, 1.8)]
    problem = toy_problem(budget="60steps", devices=devices)
    return problem, run(problem, 60)


@pytest.mark.parametrize(
    ("name", "share"), [("toy-0.6", 0.97), ("toy-1.8", 0.97), ("unseen", 0.95)]
)
def test_it_finds_almost_the_whole_true_front(
    finished: tuple[Problem, MODNAS], name: str, share: float
) -> None:
    problem, optimizer = finished
    known = {device.name: device for device in problem.devices}
    device = known.get(name) or ToyDevice("unseen", power=1.1)
    _, best = true_front(problem, device)
    scale = Scale(best.min(axis=0), best.max(axis=0))
    names = [objective.short for objective in problem.objectives]
    before = problem.meter.evaluations
    answers = optimizer.propose(device, wishes(lattice(names, 24)))
    assert problem.meter.evaluations == before, "a proposal must not query quality"
    _, truth = true_front(problem, device)
    found = problem.evaluator.matrix(answers, device, exact=True).numpy()
    assert scale.hypervolume(found) >= share * scale.hypervolume(truth)


def test_distinct_answers_along_a_line_of_wishes(finished: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = finished
    names = [objective.short for objective in problem.objectives]
    assert len(set(optimizer.propose(problem.devices[0], wishes(lattice(names, 10))))) >= 5


def test_a_portfolio_is_small_distinct_and_covers_the_front(
    finished: tuple[Problem, MODNAS],
) -> None:
    problem, optimizer = finished
    device = ToyDevice("unseen", power=1.1)
    before = problem.meter.evaluations
    answers = optimizer.portfolio(device, 8, [])
    assert problem.meter.evaluations == before
    assert 3 <= len(set(answers)) == len(answers) <= 8
    _, truth = true_front(problem, device)
    found = problem.evaluator.matrix(answers, device, exact=True).numpy()
    scale = Scale(truth.min(axis=0), truth.max(axis=0))
    assert scale.hypervolume(found) >= 0.9 * scale.hypervolume(truth)


VARIANTS: list[dict[str, object]] = [
    {},
    {"hypernetwork": "bank"},
    {"sampler": "gdas"},
    {"sampler": "gumbel"},
    {"sampler": "softmax"},
    {"combine": "mean"},
    {"combine": "sequential"},
    {"combine": "sample"},
    {"combine": "pcgrad"},
    {"scalariser": "linear"},
    {"scalariser": "chebyshev"},
    {"scalariser": "hypervolume"},
]


def written(options: dict[str, object]) -> str:
    return "-".join(f"{key}={value}" for key, value in options.items()) or "defaults"


def regret(problem: Problem, optimizer: MODNAS) -> float:
    """How much worse than the best the hypernetwork's own answers suit their wishes.

    Mean over wishes and devices of the largest weighted value, each objective scaled to the range
    of the true front. Nothing else takes part: neither what was evaluated nor what was bred.
    """
    vectors = np.array([p.vector for p in lattice(["quality", "latency"], 11)])
    found = []
    for device in problem.devices:
        _, front = true_front(problem, device)
        scale = Scale(front.min(axis=0), front.max(axis=0))
        rows = optimizer.answers.raw(device, torch.tensor(vectors, dtype=torch.float32))
        answers = population.decode(problem.choices, rows)
        values = scale.apply(problem.evaluator.matrix(answers, device, exact=True).numpy())
        best = (vectors[:, None] * scale.apply(front)).max(-1).min(1)
        found.append((vectors * values).max(-1) - best)
    return float(np.mean(found))


@pytest.mark.parametrize("options", VARIANTS, ids=written)
def test_the_hypernetwork_of_every_variant_learns(options: dict[str, object]) -> None:
    """What it decides alone: in a whole small space, its answers would be outvoted."""
    problem = toy_problem(budget="16steps")
    alone = {"enumerate": 0, "refine": False}
    untaught = run(problem, 0, **alone, **options)
    untaught._refresh()
    before = regret(problem, untaught)
    after = regret(problem, run(toy_problem(budget="16steps"), 16, **alone, **options))
    assert before > 0.15, "or there is nothing to learn"
    assert after < min(0.12, 0.5 * before)


@pytest.mark.parametrize(
    "options",
    [{"enumerate": 0, "refine": False}, {"enumerate": 0}],
    ids=written,
)
def test_answers_are_as_good_where_not_the_whole_space_competes(options: dict[str, object]) -> None:
    problem = toy_problem(budget="40steps")
    optimizer = run(problem, 40, **options)
    device = problem.devices[0]
    answers = optimizer.propose(device, wishes(lattice(["quality", "latency"], 12)))
    _, truth = true_front(problem, device)
    scale = Scale(truth.min(axis=0), truth.max(axis=0))
    found = problem.evaluator.matrix(answers, device, exact=True).numpy()
    assert scale.hypervolume(found) >= 0.9 * scale.hypervolume(truth)


@pytest.mark.parametrize("name", ["continuous", "bank"])
def test_the_hypernetwork_alone_tells_wishes_apart(name: str) -> None:
    problem = toy_problem(budget="60steps")
    optimizer = run(problem, 60, hypernetwork=name)
    ends = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    best, cheapest = optimizer.answers.raw(problem.devices[0], ends)
    opinions = optimizer._judge.opinions(torch.stack([best, cheapest]))
    values = optimizer._judge.linear(opinions, problem.devices[0])
    assert values[0, 0] < values[1, 0] - 0.3
    assert values[1, 1] < values[0, 1] - 0.3


def test_predictions_come_in_the_objectives_own_units(finished: tuple[Problem, MODNAS]) -> None:
    problem, optimizer = finished
    device = problem.devices[0]
    answers = optimizer.propose(device, wishes(lattice(["quality", "latency"], 4)))
    for architecture, predicted in zip(answers, optimizer.predict(device, answers), strict=True):
        evaluation = problem.evaluator.evaluate([architecture], device, "search")[0]
        for name, value in evaluation.values.items():
            assert predicted[name] == pytest.approx(value.value, rel=0.15, abs=0.05)


def test_what_is_proposed_for_other_devices_leaves_no_trace() -> None:
    """A held-out device enters neither training nor statistics: asking about it changes nothing."""
    states = []
    for ask in (False, True):
        problem = toy_problem(budget="30steps")
        optimizer = run(problem, 20)
        if ask:
            optimizer.propose(
                ToyDevice("unseen", power=0.6), wishes(lattice(["quality", "latency"], 3))
            )
        optimizer._refresh()
        for _ in range(5):
            optimizer.step()
        states.append(optimizer.state_dict()["network"])
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name]), name


def test_bad_options_are_refused_with_their_path() -> None:
    with pytest.raises(UsageError, match=r"options\.optimizer\.hidden"):
        Options(hidden=0)


@pytest.mark.parametrize(("budget", "count"), [("40evals", 1), ("70evals", 2), ("90steps", 12)])
def test_a_round_is_a_small_share_of_a_budget_of_evaluations(budget: str, count: int) -> None:
    problem = toy_problem(budget=budget)
    optimizer = MODNAS(Options(initial_queries=8, cost_samples=16, first_steps=5))
    optimizer.start(problem, torch.Generator().manual_seed(0))
    while optimizer.step().phase != "proposing":
        problem.meter.steps += 1
    assert len(optimizer._pending) == count
