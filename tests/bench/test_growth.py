"""Bounds on growth: ratios between two sizes, which hold on any machine."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def growth() -> Iterator[Any]:
    sys.path.insert(0, str(BENCHMARKS))
    import growth  # pyright: ignore[reportMissingImports]

    yield growth
    sys.path.remove(str(BENCHMARKS))


SIZES = {
    "devices-supernet": (1, 19, 64),
    "devices-predictor": (1, 64),
    "objectives": (2, 6),
    "objectives-predictor": (2, 6),
    "choices": (9, 200),
    "front": (1_000, 100_000),
    "archive": (1_000, 10_000),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", list(SIZES))
def test_time_grows_no_faster_than_its_bound(growth: Any, name: str) -> None:
    spent = growth.measure(name, 3, SIZES[name])
    median = {size: statistics.median(found) for size, found in spent.items()}
    for (large, small), most in growth.FAMILIES[name].bounds.items():
        if large in median:
            # other programs on the machine may hit one size more than the other
            assert median[large] / median[small] <= 1.5 * most


def test_sizes_are_those_of_the_families(growth: Any) -> None:
    assert set(SIZES) == set(growth.FAMILIES)
    for name, family in growth.FAMILIES.items():
        checked = [pair for pair in family.bounds if set(pair) <= set(SIZES[name])]
        assert checked, f"no bound of {name} is checked"
