"""Budgets, meters and constraints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.values.budget import Budget, Meter
from monas_core.values.constraint import Constraint, holding, overridden


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("120s", 120, "seconds"),
        ("0.5s", 0.5, "seconds"),
        (" 60 steps ", 60, "steps"),
        ("200evals", 200, "evaluations"),
    ],
)
def test_budgets_are_read(text: str, amount: float, unit: str) -> None:
    assert Budget.parse(text) == Budget(amount, unit)  # pyright: ignore[reportArgumentType]


@given(st.integers(1, 10**6), st.sampled_from(["s", "steps", "evals"]))
def test_written_form_round_trips(amount: int, suffix: str) -> None:
    budget = Budget.parse(f"{amount}{suffix}")
    assert Budget.parse(str(budget)) == budget


@given(st.floats(1e-6, 1e6).map(lambda seconds: round(seconds, 9)))
def test_fractions_of_seconds_round_trip(seconds: float) -> None:
    budget = Budget(seconds, "seconds")
    assert Budget.parse(str(budget)).amount == pytest.approx(seconds, rel=1e-3)


@pytest.mark.parametrize("text", ["", "120", "s", "-5s", "0steps", "5 minutes", "1e3s", "five s"])
def test_misread_budgets_name_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match="120s, 60steps or 200evals"):
        Budget.parse(text)


def test_fractions_of_a_step_are_refused() -> None:
    with pytest.raises(UsageError, match="whole number of steps"):
        Budget.parse("1.5steps")


@pytest.mark.parametrize("suffix", ["s", "steps", "evals"])
def test_meter_counts_its_own_unit(suffix: str) -> None:
    meter = Meter(Budget.parse(f"10{suffix}"), seconds=1.0, steps=2, evaluations=3)
    spent = {"s": 1.0, "steps": 2.0, "evals": 3.0}[suffix]
    assert (meter.spent, meter.left, meter.fraction) == (spent, 10 - spent, spent / 10)


def test_overspent_meter_is_full_not_more() -> None:
    meter = Meter(Budget.parse("10steps"), steps=12)
    assert meter.fraction == 1.0
    assert meter.left == 0.0


@pytest.mark.parametrize(
    ("kind", "value", "violation"),
    [
        ("max", 4.0, 0.0),
        ("max", 6.0, 0.2),
        ("min", 6.0, 0.0),
        ("min", 4.0, 0.2),
        ("equal", 4.0, 0.2),
        ("equal", 6.0, 0.2),
        ("equal", 5.0, 0.0),
    ],
)
def test_violation_is_relative(kind: str, value: float, violation: float) -> None:
    constraint = Constraint("lat", kind, 5.0)  # pyright: ignore[reportArgumentType]
    assert constraint.violation(value) == pytest.approx(violation)


def test_tolerance_and_zero_bound() -> None:
    assert Constraint("lat", "max", 5.0, tolerance=0.1).violation(5.4) == 0.0
    assert Constraint("lat", "max", 5.0, tolerance=0.1).violation(6.0) == pytest.approx(0.1)
    assert Constraint("gap", "equal", 0.0).violation(0.3) == pytest.approx(0.3)


@pytest.mark.parametrize(("kind", "value"), [("max", -1.0), ("min", -3.0), ("equal", -1.0)])
def test_violation_of_a_negative_bound_is_relative_to_its_size(kind: str, value: float) -> None:
    constraint = Constraint("gap", kind, -2.0)  # pyright: ignore[reportArgumentType]
    assert constraint.violation(value) == pytest.approx(0.5)
    assert constraint.violation(-2.0) == 0.0


@pytest.mark.parametrize("bound", [5.0, -5.0, 0.0])
def test_a_tightened_limit_is_harder_to_meet(bound: float) -> None:
    """Away from the bound on the side that is allowed, whatever the sign of the bound."""
    way = 0.1 * abs(bound)
    for kind, expected in (("max", bound - way), ("min", bound + way), ("equal", bound)):
        limit = Constraint("gap", kind, bound, 0.2, "phone")  # pyright: ignore[reportArgumentType]
        tight = limit.tightened(0.1)
        assert tight.bound == pytest.approx(expected)
        assert (tight.kind, tight.tolerance, tight.device) == (kind, 0.2, "phone")


ANYWHERE = Constraint("lat", "max", 5.0)
HERE = Constraint("lat", "max", 4.0, device="phone")
THERE = Constraint("lat", "max", 3.0, device="board")


def test_limits_hold_on_their_device_or_on_all() -> None:
    assert holding([ANYWHERE, HERE, THERE], "phone") == (ANYWHERE, HERE)
    assert holding([THERE], "phone") == ()


def test_a_new_limit_replaces_the_old_one_of_its_objective_and_kind() -> None:
    least, other = Constraint("lat", "min", 1.0), Constraint("acc", "max", 9.0)
    before = [ANYWHERE, least, other]
    assert overridden(before, [HERE], "phone") == (least, other, HERE)
    assert overridden(before, [HERE], "board") == (ANYWHERE, least, other)
    assert overridden([], [ANYWHERE, THERE], "phone") == (ANYWHERE,)


def test_limits_are_said_with_unit_and_tolerance() -> None:
    assert HERE.said("ms") == "lat at most 4 ms"
    assert Constraint("n", "equal", 3.0, tolerance=0.05).said("") == "n exactly 3 ±5%"
