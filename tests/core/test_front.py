"""Dominance and hypervolume, against definitions written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monas_core.values.front import Scale, hypervolume, non_dominated

points = st.integers(1, 3).flatmap(
    lambda m: st.lists(
        st.lists(st.integers(0, 5).map(float), min_size=m, max_size=m), min_size=1, max_size=12
    ).map(np.array)
)


@given(points)
def test_non_dominated_by_definition(table: np.ndarray) -> None:
    kept = non_dominated(table)
    for index, row in enumerate(table):
        dominated = any((o <= row).all() and (o < row).any() for o in table)
        repeated = any((o == row).all() for o in table[:index])
        assert kept[index] == (not dominated and not repeated)


@given(points)
def test_hypervolume_by_counting(table: np.ndarray) -> None:
    """Integer points: count the unit cells below the reference point that are dominated."""
    top, n = 5, table.shape[1]
    cells = np.stack(np.meshgrid(*[np.arange(top)] * n, indexing="ij"), -1).reshape(-1, n)
    covered = (table[None, :, :] <= cells[:, None, :]).all(-1).any(1).sum()
    assert hypervolume(table, [float(top)] * n) == pytest.approx(covered)


def test_points_beyond_the_reference_add_nothing() -> None:
    inside = np.array([[0.5, 0.5]])
    both = np.array([[0.5, 0.5], [0.1, 2.0]])
    assert hypervolume(both, [1.0, 1.0]) == hypervolume(inside, [1.0, 1.0]) == pytest.approx(0.25)
    assert hypervolume(np.array([[2.0, 2.0]]), [1.0, 1.0]) == 0.0


def test_nothing_has_no_front() -> None:
    empty = np.zeros((0, 2))
    assert non_dominated(empty).shape == (0,)
    assert hypervolume(empty, [1.0, 1.0]) == 0.0
    assert Scale([0, 0], [1, 1]).hypervolume(empty) == 0.0


def test_scale_maps_ends_to_unit() -> None:
    scale = Scale([10.0, -5.0], [20.0, 5.0])
    assert scale.apply(np.array([[10.0, 5.0], [15.0, 0.0]])).tolist() == [[0.0, 1.0], [0.5, 0.5]]
    assert scale.reference_point() == pytest.approx([21.0, 6.0])


def test_scaled_hypervolume_is_a_share() -> None:
    scale = Scale([0.0, 0.0], [2.0, 4.0])
    assert scale.hypervolume(np.array([[0.0, 0.0]])) == pytest.approx(1.0)
    assert scale.hypervolume(np.array([[2.0, 4.0]])) == pytest.approx(0.01 / 1.21)
    assert scale.hypervolume(np.array([[1.0, 2.0]])) == pytest.approx(0.36 / 1.21)


def test_objective_without_range_is_left_as_it_is() -> None:
    scale = Scale([3.0, 0.0], [3.0, 1.0])
    assert scale.apply(np.array([[3.0, 1.0]])).tolist() == [[0.0, 1.0]]
    assert scale.hypervolume(np.array([[3.0, 0.0]])) == pytest.approx(1.0)
