"""Rivals on a problem whose front is known."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from monas_blackbox.known import best_portfolio, most_volume
from monas_blackbox.ranking import best_first, crowding, ranks
from monas_blackbox.views import DeviceView, JointView, views
from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.problem.optimizer import Optimizer
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.optimizer import drive
from monas_core.testing.fakes import ToyDevice, ToySpace, toy_problem, true_front
from monas_core.values.front import Scale

GUIDED = ["local-search", "evolution", "nsga2", "nsga3", "sms-emoa", "spea2", "constrained-ea"]
ALL = ["random", *GUIDED, "mo-asha"]
CATALOG = Catalog.installed()


class Gappy(ToySpace):
    """Every third architecture has no values."""

    def available(self, rows: Tensor) -> Tensor:
        return rows.sum(1) % 3 != 0


def searched(
    name: str, problem: Problem, seed: int = 0, options: dict[str, Any] | None = None
) -> Optimizer:
    optimizer = CATALOG.create("optimizer", name, options)
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    drive(optimizer, problem)
    return optimizer


def volume(name: str, budget: str, seed: int) -> float:
    """Mean share of the true front's hypervolume over the search devices."""
    problem = toy_problem(budget=budget)
    optimizer = searched(name, problem, seed)
    shares = []
    for device in problem.devices:
        _, best = true_front(problem, device)
        scale = Scale(best.min(axis=0).tolist(), best.max(axis=0).tolist())
        found = optimizer.portfolio(device, 24, [])
        points = problem.evaluator.matrix(found, device).numpy()
        shares.append(scale.hypervolume(points) / scale.hypervolume(best))
    return float(np.mean(shares))


@pytest.mark.parametrize("name", ALL)
def test_with_enough_budget_the_front_is_found(name: str) -> None:
    assert volume(name, "120steps", 0) >= 0.999


@pytest.mark.parametrize("name", GUIDED)
def test_it_beats_random_search(name: str) -> None:
    own, random = (np.mean([volume(n, "30evals", s) for s in range(6)]) for n in (name, "random"))
    assert own > random


@pytest.mark.parametrize("name", ALL)
def test_a_budget_of_evaluations_is_used_but_not_exceeded(name: str) -> None:
    problem = toy_problem(budget="23evals")
    searched(name, problem)
    spent = problem.meter.evaluations
    assert 0 < spent <= 23 if name == "mo-asha" else spent == 23


@pytest.mark.parametrize("name", ALL)
def test_gaps_are_never_queried_and_a_small_space_ends(name: str) -> None:
    problem = toy_problem(budget="500evals", space=Gappy())
    searched(name, problem)
    rows = torch.tensor([problem.choices.to_indices(a) for a in problem.evaluator.queried()])
    assert problem.available(rows).all()
    everything = list(problem.choices.enumerate())
    whole = torch.tensor([problem.choices.to_indices(a) for a in everything])
    assert len(rows) == int(problem.available(whole).sum())


@pytest.mark.parametrize("name", ["local-search", "evolution", "nsga2", "mo-asha"])
@pytest.mark.parametrize("across", ["each", "joint"])
def test_resumed_equals_uninterrupted(name: str, across: str, tmp_path: Path) -> None:
    options = {"across": across}
    straight = searched(name, toy_problem(budget="20steps"), 3, options)
    first, before = CATALOG.create("optimizer", name, options), toy_problem(budget="20steps")
    known: list[Any] = []
    before.evaluator.listen(known.append)
    first.start(before, torch.Generator().manual_seed(3))
    drive(first, before, at_most=12)
    state.save(tmp_path / "saved", first.state_dict())
    second, after = CATALOG.create("optimizer", name, options), toy_problem(budget="20steps")
    after.evaluator.remember(known)
    after.meter.steps = before.meter.steps
    second.start(after, torch.Generator().manual_seed(99))
    second.load_state_dict(state.load(tmp_path / "saved"))
    drive(second, after)
    assert torch.equal(second.state_dict()["rows"], straight.state_dict()["rows"])


@pytest.mark.parametrize("name", GUIDED)
def test_randomness_of_numpy_is_left_alone(name: str) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that must not move
    searched(name, toy_problem(budget="30evals"))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_views_follow_the_option() -> None:
    problem = toy_problem()
    assert [type(v) for v in views(problem, "each")] == [DeviceView, DeviceView]
    assert [type(v) for v in views(problem, "joint")] == [JointView]


def test_a_portfolio_is_the_front_first_and_small_enough() -> None:
    problem = toy_problem(budget="60evals")
    searched("random", problem)
    known = problem.evaluator.queried()
    device = ToyDevice("never-seen", power=1.1)
    rank = dict(
        zip(known, ranks(problem.evaluator.matrix(known, device).numpy()).tolist(), strict=True)
    )
    small = best_portfolio(problem, known, device, 4)
    assert len(small) == 4
    assert {rank[a] for a in small} == {0}
    large = best_portfolio(problem, known, device, 24)
    assert len(set(large)) == len(large) == 24
    levels = [rank[a] for a in large]
    assert levels == sorted(levels)


def test_most_volume_keeps_the_points_that_matter() -> None:
    front = np.array([[0.0, 1.0], [0.49, 0.51], [0.5, 0.5], [1.0, 0.0]])
    assert len(most_volume(front, 3)) == 3
    assert {0, 3} <= set(most_volume(front, 3).tolist())


def test_ranking_by_hand() -> None:
    points = np.array([[2.0, 2.0], [0.0, 1.0], [1.0, 0.0], [0.4, 0.5]])
    rank = ranks(points)
    assert rank.tolist() == [1, 0, 0, 0]
    assert np.isinf(crowding(points, rank)[[1, 2]]).all()
    assert best_first(points)[-1] == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("random", {"batch": 0}),
        ("local-search", {"initial": -1}),
        ("evolution", {"crossover": 1.5}),
        ("evolution", {"tournament": 200}),
        ("nsga2", {"population": -1}),
        ("mo-asha", {"factor": 1}),
        ("evolution", {"across": "some"}),
    ],
)
def test_bad_options_are_refused(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        CATALOG.create("optimizer", name, options)


def test_missing_pymoo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pymoo" else found(name)
    )
    with pytest.raises(UsageError, match=r"pip install 'monas\[blackbox\]'"):
        CATALOG.create("optimizer", "nsga2")


def test_halving_without_a_supernet_is_refused() -> None:
    problem = toy_problem()
    problem.context.supernet = None
    with pytest.raises(UsageError, match="needs a supernet"):
        CATALOG.create("optimizer", "mo-asha").start(problem, torch.Generator())
