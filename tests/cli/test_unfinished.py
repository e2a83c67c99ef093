"""A run that has not ended: it is stopped gently whoever asks, and shows its fronts so far."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from monas_core.errors import UsageError
from monas_core.events import FrontChanged, RunStarted
from monas_core.record.rundir import RunFolder
from monas_core.record.unfinished import fronts_so_far
from monas_core.running.control import Control
from monas_core.running.signals import graceful


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_every_polite_signal_stops_after_the_step(name: str) -> None:
    number = getattr(signal, name)
    before, control = signal.getsignal(number), Control()
    with graceful(control, object()):
        os.kill(os.getpid(), number)
        assert control.stopping
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_fronts_so_far_are_shown(cli: Any, logged_run: Path, log: list[Any]) -> None:
    last = {e.device: e for e in log if isinstance(e, FrontChanged) and e.members}
    started = next(event for event in log if isinstance(event, RunStarted))
    for device, event in last.items():
        told = cli("front", logged_run, "--device", device, "--json")
        assert told.code == 0, told.err
        assert "not finished" in told.err
        assert "--resume" in told.err
        document = json.loads(told.out)
        assert (document["finished"], document["split"]) == (False, "search")
        assert [m["key"] for m in document["members"]] == [m["key"] for m in event.members]
        assert [o["name"] for o in document["objectives"]] == [
            o["name"] for o in started.objectives
        ]
        for place, objective in enumerate(document["objectives"]):
            column = [member["values"][objective["name"]] for member in document["members"]]
            ends = document["ideal_point"][place], document["reference_point"][place]
            best, worst = (min, max) if objective["direction"] == "min" else (max, min)
            assert ends == (best(column), worst(column))
    device, event = next(iter(last.items()))
    rows = list(csv.reader(io.StringIO(cli("front", logged_run, "--csv").out)))
    assert len(rows) == 1 + len(last[device].members)
    assert event.members[0]["key"] in cli("front", logged_run).out
    refused = cli("front", logged_run, "--device", "nonsense")
    assert refused.code == 2
    assert "has no front for device" in refused.err


def test_without_a_front_it_says_how_to_go_on(cli: Any, logged_run: Path) -> None:
    path = logged_run / "events.jsonl"
    lines = [line for line in path.read_text().splitlines() if '"FrontChanged"' not in line]
    path.write_text("\n".join(lines) + "\n")
    refused = cli("front", logged_run)
    assert refused.code == 2
    assert "has found no front yet; go on with: monas run --resume" in " ".join(refused.err.split())
    path.unlink()
    with pytest.raises(UsageError, match="no front yet"):
        fronts_so_far(RunFolder(logged_run))


def test_a_terminal_closed_under_nohup_stops_nothing() -> None:
    control, before = Control(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with graceful(control, None):
            os.kill(os.getpid(), signal.SIGHUP)
            assert not control.stopping
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with graceful(control, None):
            os.kill(os.getpid(), signal.SIGHUP)
            assert control.stopping
    finally:
        signal.signal(signal.SIGHUP, before)
