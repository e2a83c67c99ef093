"""Preferences: points on the simplex."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import UsageError
from monas_core.values.preference import Preference, lattice, lattice_of_size, sample_simplex

NAMES = ("acc", "lat", "energy")


@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=3).filter(lambda w: sum(w) > 1e-3))
def test_normalised_sums_to_one(weights: list[float]) -> None:
    preference = Preference.normalised(dict(zip(NAMES, weights, strict=True)), NAMES)
    assert sum(preference.vector) == pytest.approx(1.0)
    total = sum(weights)
    assert preference.vector == pytest.approx([w / total for w in weights])


def test_order_is_that_of_the_run() -> None:
    preference = Preference.normalised({"energy": 1, "acc": 3}, NAMES)
    assert preference.vector == (0.75, 0.0, 0.25)
    assert preference.to_json() == {"acc": 0.75, "lat": 0.0, "energy": 0.25}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"acc": -0.1, "lat": 1.0}, r"at least 0, got acc=-0.1, lat=1; change .*\"acc\""),
        ({"acc": math.nan}, "finite"),
        ({"acc": math.inf}, "finite"),
        ({"acc": 0.0}, "positive sum, got acc=0"),
        ({}, "positive sum, got no weights"),
        ({"speed": 1.0}, r'"speed", which is no objective .* acc, lat, energy'),
    ],
)
def test_bad_wishes_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Preference.normalised(weights, NAMES)


@given(st.integers(1, 4), st.integers(1, 6))
def test_lattice_is_complete(n_objectives: int, divisions: int) -> None:
    names = [f"o{i}" for i in range(n_objectives)]
    found = lattice(names, divisions)
    assert (
        len(set(found)) == len(found) == math.comb(divisions + n_objectives - 1, n_objectives - 1)
    )
    for preference in found:
        assert sum(preference.vector) == pytest.approx(1.0)
        assert all(abs(w * divisions - round(w * divisions)) < 1e-9 for w in preference.vector)


def test_lattice_holds_the_extremes() -> None:
    vectors = {preference.vector for preference in lattice(NAMES, 3)}
    assert {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)} <= vectors


@pytest.mark.parametrize(
    ("n", "at_least", "size"), [(1, 9, 1), (2, 11, 11), (3, 60, 66), (2, 1, 2)]
)
def test_lattice_of_size_is_the_coarsest(n: int, at_least: int, size: int) -> None:
    assert len(lattice_of_size(NAMES[:n], at_least)) == size


def test_dirichlet_draws() -> None:
    draws = sample_simplex((4000,), 3, 1.0, torch.Generator().manual_seed(0))
    assert torch.allclose(draws.sum(-1), torch.ones(4000), atol=1e-5)
    assert (draws >= 0).all()
    assert draws.mean(0).tolist() == pytest.approx([1 / 3] * 3, abs=0.02)
    # variance of a uniform Dirichlet component: (1/3)(2/3)/4
    assert draws.var(0).tolist() == pytest.approx([1 / 18] * 3, abs=0.005)
    again = sample_simplex((4000,), 3, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(draws, again)


def test_low_concentration_seeks_corners() -> None:
    corner, centre = (
        sample_simplex((500,), 3, c, torch.Generator().manual_seed(0)).max(-1).values.mean()
        for c in (0.1, 50.0)
    )
    assert corner > 0.8
    assert centre < 0.45


def test_no_draw_is_undefined() -> None:
    draws = sample_simplex((2000,), 4, 0.01, torch.Generator().manual_seed(0))
    assert torch.isfinite(draws).all()
