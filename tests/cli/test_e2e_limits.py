"""Runs under limits through the command line: what is met, and what is said where nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore")
WORDS = (
    "run", "--space", "gpt", "--preset", "tiny", "--objectives", "acc,lat,energy",
    "--devices", "raspberry-pi-5", "--held-out", "", "--preferences", "6",
    "--optimizer", "nsga2", "warm_up.steps=3", "warm_up.batch_size=4", "--out-dir", "run",
)  # fmt: skip


def front(folder: Path) -> dict:
    return json.loads((folder / "run" / "front" / "raspberry-pi-5.json").read_text())


def test_every_member_meets_the_limit(cli, nowhere) -> None:
    pytest.importorskip("pymoo")
    done = cli(*WORDS, "--budget", "12evals", "--max", "lat@raspberry-pi-5=0.2ms")
    assert done.code == 0, done.err
    found = front(nowhere)
    assert found["members"]
    assert all(member["values"]["lat"] <= 0.2 for member in found["members"])
    (limit,) = found["limits"]
    assert 0 < limit["met"] <= limit["of"]
    assert f"lat ≤ 0.2 ms: met by {limit['met']} of {limit['of']}" in done.out


def test_a_limit_nothing_meets_is_told_with_the_nearest(cli, nowhere) -> None:
    pytest.importorskip("pymoo")
    done = cli(*WORDS, "--budget", "6evals", "--max", "lat@raspberry-pi-5=0.0001ms")
    found = front(nowhere)
    assert found["members"] == []
    (limit,) = found["limits"]
    assert limit["met"] == 0
    assert limit["nearest"] > 0.0001
    assert "No known architecture meets lat at most 0.0001 ms on raspberry-pi-5" in done.out
    for line in done.out.splitlines():  # what is suggested is not a command that only says so again
        assert not ("monas pick" in line and "--device raspberry-pi-5" in line), line
    assert f"(the nearest that can be had is {limit['nearest']:.4g} ms)" in found["unmet"]
