"""What the screen is shown of the front during a search."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_core.running.live_front import LiveFront, points_added
from monas_core.testing.fakes import toy_problem
from monas_core.values.constraint import Constraint
from monas_core.values.front import Scale, non_dominated


@pytest.fixture(scope="module")
def problem() -> Problem:
    """A problem of which every architecture's quality is known."""
    problem = toy_problem()
    problem.evaluator.values(problem.objectives[0], list(problem.choices.enumerate()), None)
    return problem


@pytest.fixture(scope="module")
def points(problem: Problem) -> np.ndarray:
    return problem.evaluator.matrix(problem.evaluator.queried(), problem.devices[0]).numpy()


@pytest.fixture(scope="module")
def scales(points: np.ndarray) -> dict[str, Scale]:
    return {"toy-a": Scale(points.min(axis=0), points.max(axis=0))}


def test_members_are_the_front_in_natural_values_the_best_first(
    problem: Problem, points: np.ndarray, scales: dict[str, Scale]
) -> None:
    event = LiveFront(problem, problem.devices[0], scales["toy-a"]).changed(3.5)
    front = points[non_dominated(points)]
    assert (event.time, event.device, event.split, list(event.limits)) == (
        3.5,
        "toy-a",
        "search",
        [],
    )
    shown = [tuple(member["values"].values()) for member in event.members]
    best_first = front[np.argsort(front[:, 0])]
    assert shown == [(pytest.approx(-q), pytest.approx(latency)) for q, latency in best_first]
    assert shown[0][0] > shown[-1][0] > 0
    assert event.hypervolume == pytest.approx(scales["toy-a"].hypervolume(front))
    by_key = {a.key: a for a in problem.evaluator.queried()}
    for member in event.members:
        assert by_key[member["key"]].to_json() == member["architecture"]


def test_what_misses_a_limit_of_the_device_is_neither_shown_nor_counted(
    problem: Problem, points: np.ndarray, scales: dict[str, Scale]
) -> None:
    bound = float(np.median(points[:, 1]))
    limit = Constraint("toyl", "max", bound, device="toy-a")
    limited = attrs.evolve(problem, limits=(limit,))
    event = LiveFront(limited, problem.devices[0], scales["toy-a"]).changed(0.0)
    inside = points[points[:, 1] <= bound]
    assert len(event.members) == non_dominated(inside).sum()
    assert all(member["values"]["toyl"] <= bound for member in event.members)
    assert event.hypervolume == pytest.approx(scales["toy-a"].hypervolume(inside))
    assert event.hypervolume < 0.99 * scales["toy-a"].hypervolume(points)
    assert [(said["met"], said["of"]) for said in event.limits] == [(len(inside), len(points))]


def test_a_front_that_grows_is_the_front_of_everything(points: np.ndarray) -> None:
    problem = toy_problem()
    device, quality = problem.devices[0], problem.objectives[0]
    scale = Scale(points.min(axis=0), points.max(axis=0))
    limit = Constraint("toyl", "max", float(np.quantile(points[:, 1], 0.7)), device="toy-a")
    for asked in (problem, attrs.evolve(problem, limits=(limit,))):
        growing = LiveFront(asked, device, scale)
        everything = list(problem.choices.enumerate())
        for some in (everything[:7], everything[7:8], [], everything[8:60]):
            problem.evaluator.values(quality, some, None)
            assert growing.changed(1.0) == LiveFront(asked, device, scale).changed(1.0)
    problem.evaluator.forget_quality()  # all of it is asked for again
    assert growing.changed(2.0) == LiveFront(asked, device, scale).changed(2.0)


def test_new_points_come_in_natural_values(problem: Problem) -> None:
    device, some = problem.devices[1], problem.evaluator.queried()[:3]
    found = list(points_added(1.0, problem.evaluator, device, some))
    for event, architecture in zip(found, some, strict=True):
        (evaluation,) = problem.evaluator.evaluate([architecture], device, "search")
        assert event.values == {n: pytest.approx(v.value) for n, v in evaluation.values.items()}
        assert (event.device, event.key) == (device.name, architecture.key)
    assert list(points_added(1.0, problem.evaluator, device, [])) == []
    assert {sign(objective) for objective in problem.objectives} == {-1, 1}
