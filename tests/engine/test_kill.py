"""A run killed without warning goes on, and ends as if it had not been."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monas_core.record.rundir import RunFolder

OPTIONS = [
    "--space", "gpt", "--objectives", "acc,lat", "--devices", "h100-sxm,raspberry-pi-4",
    "--held-out", "jetson-tx2", "--optimizer", "random", "--budget", "6steps",
    "--preferences", "6", "warm_up.steps=30", "warm_up.batch_size=2", "--json",
]  # fmt: skip


def monas(*arguments: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "monas_core.cli.main", "run", *OPTIONS, "--out-dir", str(out)]
    return subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


@pytest.mark.parametrize("phase", ["warm-up", "search"])
def test_killed_runs_finish_with_the_same_fronts(tmp_path: Path, phase: str) -> None:
    whole = monas(out=tmp_path / "whole")
    killed = monas(out=tmp_path / "killed")
    log = tmp_path / "killed" / "events.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and killed.poll() is None:
        if log.exists() and f'"phase":"{phase}","done"' in log.read_text():
            break
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not RunFolder(tmp_path / "killed").finished
    again = monas("--resume", "auto", out=tmp_path / "killed")
    document = json.loads(again.communicate(timeout=200)[0])
    assert again.returncode == 0
    assert document["run"] == str(tmp_path / "killed")
    whole.communicate(timeout=200)
    for name in document["devices"]:
        first, second = (
            json.loads((tmp_path / run / "front" / f"{name}.json").read_text())
            for run in ("whole", "killed")
        )
        assert first == second
