"""Clocks that jump, and surroundings that are not what they were."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monas_core import seals
from monas_core.record import surroundings


@pytest.fixture
def began(tmp_path: Path) -> Callable[..., Path]:
    def make(**changed: object) -> Path:
        surroundings.begin(tmp_path, "0" * 64)
        path = tmp_path / surroundings.FILE
        document = seals.read(path)
        seals.write(path, {**document, **changed})
        return path

    return make


def test_the_same_surroundings_are_not_told(began: Callable[..., Path]) -> None:
    assert surroundings.differences(began()) == []


def test_what_differs_is_told_with_what_it_was(began: Callable[..., Path]) -> None:
    packages = {**surroundings.surroundings()["packages"], "torch": "1.0", "numpy": "0.9"}
    told = surroundings.differences(began(threads=99, cores=1000, packages=packages))
    assert any(text.startswith("torch ") and text.endswith("(was 1.0)") for text in told)
    assert any(text.startswith("numpy ") and text.endswith("(was 0.9)") for text in told)
    assert any(text.startswith("cores ") and text.endswith("(was 1000)") for text in told)
    assert any(text.startswith("threads ") and text.endswith("(was 99)") for text in told)


def test_what_is_not_known_is_not_compared(began: Callable[..., Path]) -> None:
    path = began(threads=None, unheard_of="x")
    assert surroundings.differences(path) == []
    path.write_text(json.dumps([1, 2]))
    assert surroundings.differences(path) == []
    path.unlink()
    assert surroundings.differences(path) == []


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_changes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """The time of day orders nothing within a run: set while it searches, fronts are the same."""
    import monas_core as monas

    real, fronts = time.time, []
    for name in ("usual", "jumped"):
        seen: list[str] = []

        def hear(progress: monas.Progress, seen: list[str] = seen, name: str = name) -> None:
            seen.append(progress.phase)
            if name == "jumped" and seen.count("search") == 2:
                monkeypatch.setattr(time, "time", lambda: real() + jump)

        run = monas.search(
            "nasbench201", task="glyphs", objectives="params,flops", devices="t4", held_out=[],
            optimizer="random", trainer="none", budget="4steps", preferences=3,
            out_dir=tmp_path / name, progress=hear,
        )  # fmt: skip
        fronts.append((run.folder.path / "front" / "t4.json").read_bytes())
        events = [event.time for event in run.folder.events()]
        assert events == sorted(events)
    assert fronts[0] == fronts[1]
