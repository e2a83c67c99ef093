"""Acquisition functions against the hypervolumes they promise."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from monas_bayes.goals import Chebyshev, Goal, Hypervolume, NoisyHypervolume
from monas_bayes.outlook import Outlook
from monas_bayes.surrogate import Surrogate
from monas_core.testing.fakes import ToyEnergy, ToyLatency, ToyQuality, toy_problem
from monas_core.values import population
from monas_core.values.front import hypervolume

KNOWN = 20


def outlook(objectives: int = 2) -> tuple[Outlook, torch.Tensor]:
    """The view after some evaluations, and the rows that are left."""
    problem = toy_problem(objectives=[ToyQuality(), ToyLatency(), ToyEnergy()][:objectives])
    rows = population.encode(problem.choices, problem.choices.enumerate())
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))]
    device = problem.devices[0]
    surrogate = Surrogate(problem.choices, fit_steps=30)
    known = rows[:KNOWN]
    points = problem.evaluator.matrix(population.decode(problem.choices, known), device)
    view = Outlook(
        problem, device, surrogate, partial(population.decode, problem.choices), (known, points)
    )
    surrogate.fit(view.inputs(known), points[:, :1])
    return view, rows[KNOWN:]


@pytest.mark.parametrize("objectives", [2, 3])
def test_points_of_known_rows_are_their_values(objectives: int) -> None:
    view, _ = outlook(objectives)
    found = view.draws(view.inputs(view._known[0])).mean(0)
    assert torch.allclose(found[:, 1:], view.values[:, 1:], atol=1e-9), "costs are exact"
    assert torch.allclose(found[:, 0], view.values[:, 0], atol=0.05)


@pytest.mark.parametrize("objectives", [2, 3])
def test_gains_are_expected_hypervolume_improvements(objectives: int) -> None:
    view, rest = outlook(objectives)
    goal = Hypervolume(view, 4, 16, torch.Generator().manual_seed(0))
    inputs = view.inputs(rest[:10])
    reference = (-view.reference).tolist()
    front = -view.values.numpy()
    expected = [
        sum(
            hypervolume(torch.cat([-view.values, -point[None]]).numpy(), reference)
            - hypervolume(front, reference)
            for point in column
        )
        / len(column)
        for column in view.draws(inputs).transpose(0, 1)
    ]
    wanted = torch.tensor(expected, dtype=torch.float64)
    assert torch.allclose(goal.gains(inputs)[:, 0], wanted, atol=1e-9)


@pytest.mark.parametrize("kind", [Hypervolume, NoisyHypervolume, Chebyshev])
@pytest.mark.parametrize("objectives", [2, 3])
def test_a_batch_is_distinct_and_better_than_chance(kind: type[Goal], objectives: int) -> None:
    view, rest = outlook(objectives)
    picked = kind(view, 4, 32, torch.Generator().manual_seed(0)).pick(view.inputs(rest))
    assert len(set(picked.tolist())) == 4
    problem, device = view.problem, view.device

    def volume(rows: torch.Tensor) -> float:
        known = torch.cat([view._known[0], rows])
        points = problem.evaluator.matrix(population.decode(problem.choices, known), device)
        scaled = (points - view._low) / view._width
        return hypervolume(scaled.numpy(), (-view.reference).tolist())

    generator = torch.Generator().manual_seed(2)
    draws = [rest[torch.randperm(len(rest), generator=generator)[:4]] for _ in range(20)]
    chance = sum(volume(rows) for rows in draws) / len(draws)
    assert volume(rest[picked]) > chance


def test_same_seed_same_batch() -> None:
    view, rest = outlook()
    picked = [
        NoisyHypervolume(view, 4, 16, torch.Generator().manual_seed(5)).pick(view.inputs(rest))
        for _ in range(2)
    ]
    assert torch.equal(*picked)
