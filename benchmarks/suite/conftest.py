"""What all benchmarks share: a piece of work is timed beside the limit it cannot go below.

Rounds alternate between the two, so that whatever else the machine does meets both, and what is
told is the median of their ratios. ``benchmarks/suite_table.py`` makes a page of the JSON.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from searching import search

from monas_core.record.config import load_config

Work = Callable[[], object]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=9, help="alternating rounds of each benchmark")
    parser.addoption("--largest", type=int, default=10**9, help="sizes beyond it are left out")


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
        below_s: float | None = None,
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
            below_s: Seconds of a unit that are meant to be reached.
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
            "below_s": below_s,
            "threads": torch.get_num_threads(),
        }
        return middle


@pytest.fixture
def beside(benchmark: Any, request: pytest.FixtureRequest) -> Beside:
    """Times one piece of work beside its limit."""
    return Beside(benchmark, cast("int", request.config.getoption("--rounds")))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the tiny GPT space, small as can be."""
    config = {"space": "gpt", "objectives": ["acc", "lat", "energy"], "budget": "12evals"}
    config |= {"devices": ["h100-sxm", "raspberry-pi-5"], "held_out": []}
    folder = tmp_path_factory.mktemp("run") / "run"
    config |= {"out_dir": str(folder)}
    given = load_config(None, config, ["warm_up.steps=10", "preferences=4"])
    return search(given).folder.path
