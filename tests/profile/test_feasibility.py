"""Which evaluations meet all limits, and the sentence when none does."""

from __future__ import annotations

import numpy as np
import pytest

from monas_core.errors import UsageError
from monas_core.problem.feasibility import (
    account,
    admitted,
    cautious,
    feasible,
    misses,
    total_misses,
    unmet,
)
from monas_core.testing.fakes import ToyLatency, ToyQuality
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.value import Evaluation, Value


def evaluation(number: int, lat: float, acc: float) -> Evaluation:
    values = {"lat": Value(lat, "ms", "measured"), "acc": Value(acc, "%", "measured")}
    return Evaluation(Architecture("toy", 1, (("n", number),)), "a", values, "final")


FOUND = [evaluation(i, lat, acc) for i, (lat, acc) in enumerate([(1, 50), (2, 60), (4, 70)])]


def test_only_those_that_meet_everything_are_left() -> None:
    limits = [Constraint("lat", "max", 2.0), Constraint("acc", "min", 55.0)]
    assert feasible(FOUND, limits, "a") == [1]
    assert feasible(FOUND, [], "a") == [0, 1, 2]


def predicted(number: int, lat: float) -> Evaluation:
    values = {"lat": Value(lat, "ms", "predicted")}
    return Evaluation(Architecture("toy", 1, (("n", number),)), "a", values, "final")


def test_predictions_keep_off_a_limit_and_measurements_need_not() -> None:
    limits = [Constraint("lat", "max", 2.0)]
    assert cautious([predicted(0, 1.5), predicted(1, 1.95)], limits, [0, 1]) == [0]
    assert cautious([predicted(0, 1.5), FOUND[1]], limits, [0, 1]) == [0, 1]
    least = [Constraint("lat", "min", 2.0)]
    assert cautious([predicted(0, 2.05), predicted(1, 2.5)], least, [0, 1]) == [1]


def test_where_every_prediction_is_near_the_limit_all_stay() -> None:
    limits = [Constraint("lat", "max", 2.0)]
    assert cautious([predicted(0, 1.95), predicted(1, 1.99)], limits, [0, 1]) == [0, 1]


def test_a_limit_that_nothing_meets_is_named_with_the_nearest() -> None:
    limits = [Constraint("lat", "max", 0.5), Constraint("acc", "min", 55.0)]
    with pytest.raises(UsageError, match=r"meets lat at most 0\.5 ms on a \(.* is 1 ms\)") as told:
        feasible(FOUND, limits, "a")
    assert "acc" not in str(told.value)


def test_limits_that_exclude_each_other_are_named_together() -> None:
    limits = [Constraint("lat", "max", 1.0), Constraint("acc", "min", 60.0)]
    with pytest.raises(UsageError, match=r"acc at least 60 %.* together with lat .*is 50 %"):
        feasible(FOUND, limits, "a")


def test_three_limits_of_which_several_are_missed() -> None:
    limits = [
        Constraint("lat", "max", 1.5),
        Constraint("acc", "min", 55.0),
        Constraint("lat", "min", 2.0),
    ]
    with pytest.raises(UsageError, match="together with"):
        feasible(FOUND, limits, "a")


def test_where_several_limits_are_missed_the_largest_miss_is_named() -> None:
    limits = [Constraint("lat", "equal", bound) for bound in (1.0, 2.0, 4.0)]
    # everybody meets one of them; who has 1 ms misses the others least in sum
    assert (
        "meets lat exactly 4 ms on a together with lat exactly 1 ms and lat exactly 2 ms"
        in unmet(FOUND, limits, "a")
    )


@pytest.mark.parametrize("origin", ["measured", "tabulated", "modelled"])
def test_only_predictions_keep_off_a_limit(origin: str) -> None:
    values = {"lat": Value(1.99, "ms", origin)}  # pyright: ignore[reportArgumentType]
    exact = Evaluation(Architecture("toy", 1, (("n", 9),)), "a", values, "final")
    limits = [Constraint("lat", "max", 2.0)]
    assert cautious([predicted(0, 1.5), exact], limits, [0, 1]) == [0, 1]


# -- on minimised points: quality is maximised, so its column is negated -------------------------

OBJECTIVES = (ToyQuality(), ToyLatency())
POINTS = np.array([[-50.0, 1.0], [-60.0, 2.0], [-70.0, 4.0]])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Constraint("toyq", "min", 60.0), [1 / 6, 0.0, 0.0]),
        (Constraint("toyq", "max", 60.0), [0.0, 0.0, 1 / 6]),
        (Constraint("toyq", "equal", 60.0, tolerance=0.1), [4 / 60, 0.0, 4 / 60]),
        (Constraint("toyl", "max", 2.0), [0.0, 0.0, 1.0]),
        (Constraint("toyl", "min", 2.0), [0.5, 0.0, 0.0]),
    ],
    ids=lambda value: f"{value.objective}-{value.kind}" if isinstance(value, Constraint) else "",
)
def test_points_miss_limits_as_their_values_do(limit: Constraint, expected: list[float]) -> None:
    assert misses(OBJECTIVES, [limit], POINTS)[:, 0].tolist() == pytest.approx(expected)
    natural = [q if limit.objective == "toyq" else lat for q, lat in POINTS * [-1.0, 1.0]]
    assert [limit.violation(value) for value in natural] == pytest.approx(expected)


def test_those_who_meet_all_are_admitted_and_else_who_comes_nearest() -> None:
    limits = [Constraint("toyq", "min", 60.0), Constraint("toyl", "max", 3.0)]
    assert admitted(total_misses(OBJECTIVES, limits, POINTS)).tolist() == [1]
    limits = [Constraint("toyl", "max", 0.5)]
    assert admitted(total_misses(OBJECTIVES, limits, POINTS)).tolist() == [0]
    assert admitted(total_misses(OBJECTIVES, [], POINTS)).tolist() == [0, 1, 2]
    assert admitted(np.zeros(0)).tolist() == []


def test_the_account_of_a_device_tells_its_own_limits_in_natural_values() -> None:
    limits = [
        Constraint("toyq", "min", 65.0),
        Constraint("toyl", "max", 0.5, device="a"),
        Constraint("toyl", "max", 9.0, device="b"),
    ]
    quality, latency = account(OBJECTIVES, limits, "a", POINTS)
    assert (quality["met"], quality["of"], quality["nearest"]) == (1, 3, 70.0)
    assert (latency["met"], latency["of"], latency["nearest"]) == (0, 3, 1.0)
    assert (latency["said"], latency["unit"]) == ("toyl at most 0.5 ms", "ms")
    assert account(OBJECTIVES, limits, "c", POINTS[:0])[0]["nearest"] is None
