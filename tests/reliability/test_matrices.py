"""Kills at random moments and damaged files: a handful here, the whole tables by the benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from monas_core.catalog.lookup import Catalog

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
HANDFUL = ("optimizer random defaults", "trainer sandwich defaults")


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])


@pytest.mark.parametrize("name", HANDFUL)
def test_a_killed_run_ends_as_its_twin(tmp_path: Path, name: str) -> None:
    import bench_kills

    scenario = next(s for s in bench_kills.scenarios(Catalog.installed()) if s.name == name)
    seed = HANDFUL.index(name)
    trial = bench_kills.tried_on(scenario, 1, tmp_path, np.random.default_rng(seed))
    assert trial.found == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sixty_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    import bench_kills

    monkeypatch.setattr(sys, "argv", ["bench_kills.py", "--kills", "60", "--seed", "1"])
    assert bench_kills.main() == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_damaged_files_are_named_or_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    import bench_corruption

    words = ["bench_corruption.py", "--share", "0.08", "--seed", "7", "--rows"]
    monkeypatch.setattr(sys, "argv", words)
    assert bench_corruption.main() == 0
