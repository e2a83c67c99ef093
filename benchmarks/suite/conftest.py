"""What all benchmarks share: a piece of work is timed beside the limit it cannot go below.

Rounds alternate between the two, so that whatever else the machine does meets both, and what is
told is the median of their ratios. ``benchmarks/suite_table.py`` makes a page of the JSON.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch

Work = Callable[[], object]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=9, help="alternating rounds of each benchmark")


class Beside:
    """Times work and its limit in turns and keeps what the table needs.

    Args:
        benchmark: Of pytest-benchmark.
        rounds: How often each.
    """

    def __init__(self, benchmark: Any, rounds: int) -> None:
        self.benchmark, self.rounds = benchmark, rounds

    def __call__(
        self,
        what: str,
        ours: Work,
        limit: Work,
        *,
        limited_by: str,
        most: float | None = None,
        least: float | None = None,
        share: float = 1.0,
    ) -> float:
        """Median of ours over limit; kept with its quartiles.

        Args:
            what: Name of the figure.
            ours: Timed.
            limit: Timed before each round of ours.
            limited_by: What the limit is, in words.
            most: Largest ratio that is meant to be reached.
            least: The same, of limit over ours (a throughput).
            share: Units of work in one call, which seconds are divided by.
        """
        spent: list[float] = []

        def before() -> None:
            begin = time.perf_counter()
            limit()
            spent.append(time.perf_counter() - begin)

        if self.benchmark.enabled:
            limit()
            ours()
        self.benchmark.group = what
        self.benchmark.pedantic(ours, setup=before, rounds=self.rounds, iterations=1)
        own = list(self.benchmark.stats.stats.data) if self.benchmark.stats else spent
        ratios = [a / b for a, b in zip(own, spent, strict=True)]
        low, middle, high = (
            statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
        )
        self.benchmark.extra_info |= {
            "what": what,
            "limited_by": limited_by,
            "ours_s": statistics.median(own) / share,
            "limit_s": statistics.median(spent) / share,
            "ratio": middle,
            "ratio_quartiles": [low, high],
            "most": most,
            "least": least,
            "threads": torch.get_num_threads(),
        }
        return middle


@pytest.fixture
def beside(benchmark: Any, request: pytest.FixtureRequest) -> Beside:
    """Times one piece of work beside its limit."""
    return Beside(benchmark, request.config.getoption("--rounds"))
