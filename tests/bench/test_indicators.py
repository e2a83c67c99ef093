"""Indicators against computations that a reader can follow."""

from __future__ import annotations

import numpy as np
import pytest

from monas_core.bench.indicators import counting, gd, gd_plus, indicators
from monas_core.values.front import Scale, non_dominated

UNIT = Scale([0.0, 0.0], [1.0, 1.0], reference=1.0)


def naive(answers, front):
    """Mean distances, with loops: GD, GD+, IGD, IGD+."""

    def excess(a, r):
        return np.sqrt(sum(max(x - y, 0.0) ** 2 for x, y in zip(a, r, strict=True)))

    def distance(a, r):
        return np.sqrt(sum((x - y) ** 2 for x, y in zip(a, r, strict=True)))

    return {
        "gd": np.mean([min(distance(a, r) for r in front) for a in answers]),
        "gd_plus": np.mean([min(excess(a, r) for r in front) for a in answers]),
        "igd": np.mean([min(distance(a, r) for a in answers) for r in front]),
        "igd_plus": np.mean([min(excess(a, r) for a in answers) for r in front]),
    }


def area(points):
    """Area dominated up to (1, 1), as stairs."""
    total, height = 0.0, 1.0
    for x, y in sorted(map(tuple, points)):
        if x < 1 and y < height:
            total += (1 - x) * (height - y)
            height = y
    return total


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("objectives", [2, 3])
def test_distances_are_what_they_are_said_to_be(seed, objectives):
    random = np.random.default_rng(seed)
    front = random.random((12, objectives)) * 0.5
    answers = random.random((9, objectives))
    scale = Scale([0.0] * objectives, [1.0] * objectives, reference=1.0)
    found = indicators(answers, front, scale)
    expected = naive(answers[non_dominated(answers)], front[non_dominated(front)])
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert found["non_dominated"] == non_dominated(answers).sum()
    assert found["answers"] == 9


@pytest.mark.parametrize("seed", range(5))
def test_relative_hypervolume_is_a_share_of_the_fronts_area(seed):
    random = np.random.default_rng(seed)
    front, answers = random.random((12, 2)) * 0.5, random.random((9, 2)) * 1.2
    found = indicators(answers, front, UNIT)
    assert found["hypervolume"] == pytest.approx(area(answers))
    assert found["relative_hypervolume"] == pytest.approx(area(answers) / area(front))


def test_units_and_offsets_do_not_matter():
    random = np.random.default_rng(0)
    front, answers = random.random((12, 2)) * 0.5, random.random((9, 2))
    stretch, offset = np.array([1e3, 1e-3]), np.array([-50.0, 7.0])
    scale = Scale(offset.tolist(), (offset + stretch).tolist(), reference=1.0)
    stretched = indicators(answers * stretch + offset, front * stretch + offset, scale)
    for name, value in indicators(answers, front, UNIT).items():
        assert stretched[name] == pytest.approx(value), name


def test_the_front_itself_is_perfect():
    front = np.array([[0.1, 0.8], [0.4, 0.3], [0.9, 0.1]])
    found = indicators(front, front, UNIT)
    assert found["relative_hypervolume"] == pytest.approx(1.0)
    assert [found[n] for n in ("gd", "gd_plus", "igd", "igd_plus")] == [0, 0, 0, 0]


def test_better_than_the_front_costs_nothing_in_plus():
    front, answers = np.array([[0.5, 0.5]]), np.array([[0.3, 0.5]])
    assert gd(answers, front) == pytest.approx(0.2)
    assert gd_plus(answers, front) == 0.0
    assert gd_plus(front, answers) == pytest.approx(0.2)


def test_points_that_miss_the_reference_point_do_not_count():
    points = np.array([[0.5, 0.5], [0.1, 1.0], [0.0, 7.0]])
    assert counting(points).tolist() == [[0.5, 0.5]]
    found = indicators(points, np.array([[0.5, 0.5], [0.01, 1.5]]), UNIT)
    assert found["relative_hypervolume"] == 1.0
    assert found["igd"] == found["gd"] == 0.0
    assert found["non_dominated"] == 3


def test_answers_that_all_miss_it_have_no_volume_but_a_distance():
    found = indicators(np.array([[2.0, 0.5]]), np.array([[0.5, 0.5]]), UNIT)
    assert found["relative_hypervolume"] == 0.0
    assert found["igd_plus"] == pytest.approx(1.5)
