"""Which evaluations meet all limits, and the sentence when none does."""

from __future__ import annotations

import pytest

from monas_core.errors import UsageError
from monas_core.problem.feasibility import cautious, feasible
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
