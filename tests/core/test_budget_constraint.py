"""Budgets, meters and constraints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.values.budget import Budget, Meter
from monas_core.values.constraint import Constraint


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
