"""Tests over seeds: known p values, corrections, order."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from monas_core.bench.significance import compare_all, compare_with_best, holm, smallest_p

FAR = {"low": [0.1, 0.2, 0.15, 0.12, 0.11, 0.18], "high": [0.9, 0.95, 0.91, 0.93, 0.97, 0.92]}


def test_clear_differences_get_the_smallest_p_there_is():
    (row,) = compare_all(FAR)
    assert (row["first"], row["second"]) == ("high", "low")
    assert row["p_paired"] == pytest.approx(2 / 2**6) == pytest.approx(smallest_p(6, paired=True))
    assert row["p_unpaired"] == pytest.approx(2 / comb(12, 6))
    assert row["p_unpaired"] == pytest.approx(smallest_p(6, paired=False))
    assert (row["ahead"], row["seeds"]) == (6, 6)
    assert row["difference"] == pytest.approx(np.mean(FAR["high"]) - np.mean(FAR["low"]))


def test_eight_seeds_are_tested_exactly_even_unpaired():
    scores = {"a": list(np.linspace(0.8, 0.9, 8)), "b": list(np.linspace(0.1, 0.2, 8))}
    (row,) = compare_all(scores)
    assert row["p_unpaired"] == pytest.approx(2 / comb(16, 8))


def test_equal_scores_do_not_differ():
    (row,) = compare_all({"a": [0.5, 0.6, 0.7], "b": [0.5, 0.6, 0.7]})
    assert row["p_paired"] == row["p_unpaired"] == 1.0
    assert row["difference"] == row["ahead"] == 0


def test_one_seed_proves_nothing():
    (row,) = compare_all({"a": [0.5], "b": [0.9]})
    assert row["p_paired"] == row["p_unpaired_holm"] == 1.0
    assert smallest_p(1, paired=True) == 1.0


def test_paired_test_by_hand():
    differences = np.array([3.0, 1.0, -2.0])
    signs = np.array(np.meshgrid(*[[1, -1]] * 3)).reshape(3, -1).T
    expected = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12)
    (row,) = compare_all({"a": [3.0, 1.0, 0.0], "b": [0.0, 0.0, 2.0]})
    assert row["p_paired"] == pytest.approx(expected)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_best_is_compared_with_each_other_one():
    scores = FAR | {"middle": [0.5, 0.4, 0.6, 0.5, 0.4, 0.6]}
    rows = compare_with_best(scores)
    assert [(r["first"], r["second"]) for r in rows] == [("high", "middle"), ("high", "low")]
    assert len(compare_all(scores)) == 3
    assert rows[0]["p_paired_holm"] == pytest.approx(2 * rows[0]["p_paired"])
