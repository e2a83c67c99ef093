"""Growth: one row for each family of ``growth.py``, with its exponent."""

from __future__ import annotations

import statistics
from typing import Any, cast

import growth
import pytest


@pytest.mark.parametrize("name", growth.FAMILIES)
def test_growth(benchmark: Any, name: str, request: pytest.FixtureRequest) -> None:
    family = growth.FAMILIES[name]
    sizes = family.sizes if benchmark.enabled else family.sizes[:1]
    largest = cast("int", request.config.getoption("--largest"))
    sizes = [size for size in sizes if size <= largest]
    works = {size: family.work(size) for size in sizes}
    rounds = 3 if benchmark.enabled else 1
    spent = growth.timed(works, rounds)
    benchmark.pedantic(works[sizes[0]], rounds=rounds, iterations=1)
    median = {size: statistics.median(found) for size, found in spent.items()}
    bounds = [
        {"large": large, "small": small, "ratio": median[large] / median[small], "most": most}
        for (large, small), most in family.bounds.items()
        if large in median and small in median
    ]
    benchmark.group = "growth"
    benchmark.extra_info |= {
        "growth": name,
        "what": family.what,
        "sizes": list(sizes),
        "seconds": [median[size] for size in sizes],
        "spread": [[min(spent[size]), max(spent[size])] for size in sizes],
        "exponent": growth.exponent(median) if len(median) > 1 else None,
        "bounds": bounds,
    }
