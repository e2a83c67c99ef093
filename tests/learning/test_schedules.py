"""Schedules: where they start, what shape they have, where they end."""

from __future__ import annotations

import math

import pytest

from monas_core.learning.schedules import Schedule


def test_schedules_start_and_end_where_they_say() -> None:
    for shape in ("linear", "exponential", "cosine", "stairs"):
        schedule = Schedule(8.0, 0.5, shape, until=0.8, steps=4)  # type: ignore[arg-type]
        assert schedule.at(0.0) == 8.0
        assert schedule.at(0.8) == pytest.approx(0.5)
        assert schedule.at(3.0) == pytest.approx(0.5)
        heights = [schedule.at(i / 50) for i in range(51)]
        assert heights == sorted(heights, reverse=True)


def test_schedules_have_their_shapes() -> None:
    assert Schedule(5.0, 0.5).at(0.5) == 2.75
    assert Schedule(8.0, 2.0, "exponential").at(0.5) == pytest.approx(4.0)
    assert Schedule(1.0, 0.0, "cosine").at(1 / 3) == pytest.approx(0.75)
    stairs = Schedule(8.0, 1.0, "stairs", steps=3)
    assert [stairs.at(p) for p in (0.2, 0.3, 0.6, 0.8)] == pytest.approx([8.0, 4.0, 2.0, 1.0])


@pytest.mark.parametrize(
    "bad", [{"until": 0.0}, {"steps": 0}, {"end": 0.0, "shape": "exponential"}]
)
def test_impossible_schedules_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Schedule(**{"start": 1.0, "end": 0.5, **bad})  # type: ignore[arg-type]


def test_temperatures_of_a_search_are_finite() -> None:
    published = Schedule(5.0, 5.0 * math.exp(-8.0), "exponential")
    assert published.at(1.0) == pytest.approx(0.00168, rel=0.01)
