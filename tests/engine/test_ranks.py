"""Processes that are started together, as a launcher does it: stopped, killed, gone on with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monas_core.events import StepFinished
from monas_core.record.rundir import RunFolder

OPTIONS = [
    "--space", "gpt", "--objectives", "acc,flops", "--devices", "h100-sxm", "--optimizer",
    "random", "--budget", "6steps", "--preferences", "6", "warm_up.steps=60",
    "warm_up.batch_size=4", "training.updater=adamw", "--resume", "auto", "--plain",
]  # fmt: skip
Process = subprocess.Popen[str]


def started(out: Path, count: int, *more: str) -> list[Process]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found: list[Process] = []
    for number in range(count):
        told = {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(count)}
        told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        command = [sys.executable, "-m", "monas_core", "run", *OPTIONS, "--out-dir", str(out)]
        found.append(
            subprocess.Popen(
                [*command, *more], env={**os.environ, **told}, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    return found


def steps(out: Path) -> int:
    """Of the warm-up, so far."""
    if not (out / "events.jsonl").is_file():
        return 0
    events = RunFolder(out).events()
    return max((e.step for e in events if isinstance(e, StepFinished)), default=0)


def wait_for(out: Path, least: int, processes: list[Process]) -> None:
    deadline = time.monotonic() + 200
    while steps(out) < least and time.monotonic() < deadline:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)


def ended(processes: list[Process]) -> list[tuple[int, str, str]]:
    found = [(process.communicate(timeout=200), process) for process in processes]
    return [(process.returncode, *texts) for texts, process in found]


@pytest.mark.slow  # nine processes
def test_stopped_and_gone_on_with_other_numbers_of_processes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for count, least in ((2, 10), (1, 30)):
        processes = started(out, count)
        wait_for(out, least, processes)
        for process in processes:
            process.send_signal(signal.SIGTERM)
        first, *others = ended(processes)
        assert first[0] == 130, first
        assert all(other == (0, "", "") for other in others)
        assert not RunFolder(out).finished
    ended(started(out, 2))
    whole = tmp_path / "whole"
    ended(started(whole, 1))
    fronts = [json.loads((run / "front/h100-sxm.json").read_text()) for run in (out, whole)]
    assert fronts[0]["hypervolume"] == pytest.approx(fronts[1]["hypervolume"], rel=1e-3)
    members = [[member["key"] for member in front["members"]] for front in fronts]
    assert members[0] == members[1]


@pytest.mark.slow  # two processes
def test_a_killed_rank_ends_the_others_with_one_message(tmp_path: Path) -> None:
    out = tmp_path / "run"
    processes = started(out, 2)
    wait_for(out, 5, processes)
    processes[1].send_signal(signal.SIGKILL)
    (code, _, said), _ = ended(processes)
    assert code == 1
    assert said.count("error:") == 1
    assert "Another of the 2 processes of this run has ended" in said
    assert "Traceback" not in said


def test_other_commands_are_for_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from monas_core.cli.main import main

    for name, value in {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "localhost"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as left:
        main(["front"])
    assert left.value.code == 2
    assert (
        "4 processes were started together, and only monas run and monas bench work so"
        in capsys.readouterr().err
    )
