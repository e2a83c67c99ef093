"""What to request, from what earlier requests delivered."""

from __future__ import annotations

import pytest

from monas_core.learning.lookup import Landed, LookUp


def test_without_points_the_wanted_is_requested() -> None:
    assert LookUp().request(100.0) == 100.0


def test_one_point_scales_the_request() -> None:
    table = LookUp([Landed(100.0, 100.0, 125.0)])
    assert table.request(100.0) == pytest.approx(80.0)


def test_a_law_of_powers_is_inverted_exactly() -> None:
    """Delivered = requested ** 1.5 / 10: two points that enclose the wanted suffice."""
    table = LookUp([Landed(r, r, r**1.5 / 10) for r in (60.0, 140.0)])
    asked = table.request(100.0)
    assert asked**1.5 / 10 == pytest.approx(100.0)


def test_contradicting_points_fall_back_to_the_nearest() -> None:
    table = LookUp([Landed(120.0, 0.0, 90.0), Landed(80.0, 0.0, 104.0)])
    assert table.request(100.0) == pytest.approx(80.0 / 1.04)


@pytest.mark.parametrize(("delivered", "asked"), [(1000.0, 50.0), (1.0, 200.0)])
def test_requests_stay_within_a_factor(delivered: float, asked: float) -> None:
    assert LookUp([Landed(100.0, 100.0, delivered)]).request(100.0) == pytest.approx(asked)


def test_costs_of_nothing_are_no_points() -> None:
    assert LookUp([Landed(5.0, 0.0, 0.0)]).request(3.0) == 3.0


def test_points_survive() -> None:
    table, again = LookUp([Landed(1.0, 2.0, 3.0), Landed(2.0, 2.0, 2.5)]), LookUp()
    again.load_state_dict(table.state_dict())
    assert again.points == table.points
