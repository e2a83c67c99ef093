"""Wishes answered from what was evaluated, against enumeration."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from monas_core.problem.known import best_known
from monas_core.problem.problem import Problem
from monas_core.testing.fakes import toy_problem
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import non_dominated
from monas_core.values.preference import Preference
from monas_core.values.wish import Wish


@pytest.fixture(scope="module")
def problem() -> Problem:
    return toy_problem()


@pytest.fixture(scope="module")
def known(problem: Problem) -> list[Architecture]:
    return list(problem.choices.enumerate())


def wish(quality: float, *limits: Constraint) -> Wish:
    return Wish(Preference((("toyq", quality), ("toyl", 1.0 - quality))), limits)


def test_ends_of_the_front_answer_wishes_for_one_objective(
    problem: Problem, known: list[Architecture]
) -> None:
    device = problem.devices[0]
    points = problem.evaluator.matrix(known, device).numpy()
    best, fastest = best_known(problem, known, device, [wish(1.0), wish(0.0)])
    assert best == known[int(points[:, 0].argmin())]
    assert fastest == known[int(points[:, 1].argmin())]


def test_what_another_dominates_is_no_answer_and_does_not_set_the_scale(
    problem: Problem, known: list[Architecture]
) -> None:
    """Values are scaled to the range of the front alone: a bad architecture changes nothing."""
    device = problem.devices[0]
    points = problem.evaluator.matrix(known, device).numpy()
    front = [int(index) for index in np.flatnonzero(non_dominated(points))]
    front.sort(key=lambda index: points[index, 1])
    # faster members, and who is slower than all of them and yet worse than the best of them
    cuts = [(front[:n], np.flatnonzero((points > points[front[n - 1]]).all(axis=1)))
            for n in range(3, len(front))]  # fmt: skip
    fast, slow = max(cuts, key=lambda cut: len(cut[1]))
    assert len(slow) > 0, "the case needs some"
    near, bad = [known[index] for index in fast], [known[index] for index in slow]
    asked = [wish(share) for share in np.linspace(0.0, 1.0, 101)]
    alone = best_known(problem, near, device, asked)
    assert len(set(alone)) > 2
    assert best_known(problem, [*bad, *near], device, asked) == alone


def test_nothing_evaluated_leaves_the_two_ends(problem: Problem) -> None:
    device = problem.devices[0]
    small, large = best_known(problem, [], device, [wish(0.0), wish(1.0)])
    assert [small["depth"], large["depth"]] == [1, 3]
    assert best_known(problem, [], device, [wish(0.5)])[0] in (small, large)


def test_answers_keep_the_order_of_wishes_with_different_limits(
    problem: Problem, known: list[Architecture]
) -> None:
    device = problem.devices[0]
    costs = problem.evaluator.matrix(known, device)[:, 1]
    limit = Constraint("toyl", "max", float(costs.median()))
    asked = [wish(1.0), wish(1.0, limit), wish(0.0), wish(0.9, limit), wish(0.8)]
    found = best_known(problem, known, device, asked)
    assert found == [best_known(problem, known, device, [one])[0] for one in asked]
    assert len(set(found)) > 2
    for answer in (found[1], found[3]):
        assert problem.evaluator.matrix([answer], device)[0, 1] <= limit.bound


def test_limits_of_another_device_do_not_matter(
    problem: Problem, known: list[Architecture]
) -> None:
    here, there = problem.devices
    tight = Constraint("toyl", "max", 1e-3)
    free = best_known(problem, known, here, [wish(1.0)])
    assert (
        best_known(problem, known, here, [wish(1.0, attrs.evolve(tight, device=there.name))])
        == free
    )
    held = best_known(problem, known, here, [wish(1.0, attrs.evolve(tight, device=here.name))])
    fastest = best_known(problem, known, here, [wish(0.0)])
    assert held == fastest != free, "who comes nearest answers"
