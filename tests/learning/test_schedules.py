"""Schedules at their ends and between."""

from __future__ import annotations

import pytest

from monas_core.learning.schedules import linear


@pytest.mark.parametrize(("progress", "value"), [(0.0, 5.0), (0.5, 2.55), (1.0, 0.1), (1.7, 0.1)])
def test_a_line_begins_and_ends_where_it_should(progress: float, value: float) -> None:
    assert linear(5.0, 0.1, progress) == pytest.approx(value)
