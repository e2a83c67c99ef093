"""Evolution under limits, and SPEA2's truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch

from monas_blackbox.constrained import ConstrainedSearch, Options
from monas_blackbox.limited import limited_views
from monas_blackbox.ranking import thinned
from monas_core import state
from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.optimizer import drive
from monas_core.testing.fakes import toy_problem, true_front
from monas_core.values.constraint import Constraint
from monas_core.values.preference import lattice
from monas_core.values.wish import wishes


def limited(share: float, budget: str) -> tuple[Problem, float]:
    """A toy problem whose cost is limited to a share of the way along the front."""
    problem = toy_problem(budget=budget)
    device = problem.devices[0]
    _, front = true_front(problem, device)
    low, high = front[:, 1].min(), front[:, 1].max()
    bound = float(low + share * (high - low))
    limit = Constraint(problem.objectives[1].short, "max", bound)
    return attrs.evolve(problem, limits=(limit,)), bound


def searched(problem: Problem, options: Options | None = None, seed: int = 0) -> ConstrainedSearch:
    optimizer = ConstrainedSearch(options)
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    drive(optimizer, problem)
    return optimizer


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_best_under_a_limit_is_found(share: float) -> None:
    problem, bound = limited(share, "60evals")
    device = problem.devices[0]
    asked = wishes(lattice([o.short for o in problem.objectives], 1)[:1], problem.limits)
    _, front = true_front(problem, device)
    found = searched(problem).propose(device, asked)
    assert problem.objectives[0].query
    quality, cost = problem.evaluator.matrix(found, device).numpy()[0]
    best = front[front[:, 1] <= bound][:, 0].min()
    assert cost <= bound
    assert quality <= best + 0.1 * (front[:, 0].max() - front[:, 0].min())


def test_what_misses_every_limit_is_hardly_evaluated() -> None:
    problem, bound = limited(0.4, "20evals")
    searched(problem)
    rows = problem.evaluator.queried()[2:]  # the ends of the space come first
    costs = np.min([problem.evaluator.matrix(rows, d).numpy()[:, 1] for d in problem.devices], 0)
    assert len(rows) == 18
    assert (costs <= bound + 1e-9).mean() > 0.9  # few meet it, and then random ones follow


def test_a_limit_that_nobody_meets_is_come_near() -> None:
    problem, _ = limited(0.0, "40evals")
    limit = attrs.evolve(problem.limits[0], bound=problem.limits[0].bound * 0.5)
    problem = attrs.evolve(problem, limits=(limit,))
    searched(problem)
    assert problem.meter.evaluations == 40


def test_limits_are_spread_where_none_is_stated() -> None:
    problem = toy_problem()
    found = limited_views(problem, 3, "")
    assert len(found) == 3 * len(problem.devices)
    bounds = [view.limits[0].bound for view in found[:3]]
    assert bounds == sorted(set(bounds))
    with pytest.raises(UsageError, match="is no minimised cost of this run"):
        limited_views(problem, 3, "colour")


def test_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    straight = searched(toy_problem(budget="20steps"), seed=3)
    first, before = ConstrainedSearch(), toy_problem(budget="20steps")
    known: list[Any] = []
    before.evaluator.listen(known.append)
    first.start(before, torch.Generator().manual_seed(3))
    drive(first, before, at_most=12)
    state.save(tmp_path / "saved", first.state_dict())
    second, after = ConstrainedSearch(), toy_problem(budget="20steps")
    after.evaluator.remember(known)
    after.meter.steps = before.meter.steps
    second.start(after, torch.Generator().manual_seed(99))
    second.load_state_dict(state.load(tmp_path / "saved"))
    drive(second, after)
    assert torch.equal(second.state_dict()["rows"], straight.state_dict()["rows"])


def test_the_crowded_are_thinned_and_the_ends_stay() -> None:
    line = np.linspace(0.0, 1.0, 5)
    points = np.stack([line, 1 - line], 1)
    crowd = points[[2]] + [[0.01, -0.01], [0.02, -0.02], [0.0, 0.0]]
    kept = thinned(np.concatenate([points, crowd]), 5)
    assert {0, 1, 3, 4} < set(kept.tolist())


def test_thinning_is_that_of_pymoo() -> None:
    from pymoo.algorithms.moo.spea2 import SPEA2Survival
    from pymoo.core.population import Population
    from pymoo.core.problem import Problem as Box

    line = np.sort(np.random.default_rng(0).random(40))
    points = np.stack([line, 1 - line**0.5], 1)
    pool = Population.new(X=np.arange(40)[:, None], F=points)
    kept: Any = SPEA2Survival().do(Box(n_var=1, n_obj=2), pool, n_survive=15).get("X")
    assert sorted(kept[:, 0].tolist()) == thinned(points, 15).tolist()
