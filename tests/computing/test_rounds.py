"""Members of the fronts that several processes train, each one alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core import events
from monas_core.catalog.lookup import Catalog
from monas_core.computing.ranks import ALONE, Ranks
from monas_core.errors import Interrupted
from monas_core.record.config import load_config
from monas_core.record.rundir import RunFolder
from monas_core.running import together
from monas_core.running.control import Control
from monas_core.running.crew import serve
from monas_core.running.engine import execute
from monas_core.running.plan import Plan
from monas_core.running.resolving import resolve
from monas_core.running.session import Session
from monas_core.train.folder import TrainedFolder

InRanks = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def plan() -> Plan:
    flags = {
        "space": "gpt", "objectives": ["acc", "flops"], "devices": ["h100-sxm"], "held_out": [],
        "budget": "6evals", "optimizer": "random", "preferences": 4, "retrain": "12steps",
    }  # fmt: skip
    settings = ["warm_up.steps=2", "warm_up.batch_size=2", "retrain.members=3"]
    return resolve(load_config(None, flags, settings), Catalog.installed())


def carried_out(plan: Plan, path: Path, ranks: Ranks, stop_at: float = 9.0) -> str:
    """A run, or its help; what it ended with."""
    # rank 0 warms up alone: shared steps are equal to rounding only
    plan = attrs.evolve(plan, ranks=ranks, shares_training=False)
    if ranks.number:
        serve(Session(plan))
        return ""
    there = (path / "config.yaml").exists()
    folder = RunFolder.open(path) if there else RunFolder.create(path, plan.config)
    control, bus = Control(), events.Bus()

    def hear(event: events.Event) -> None:
        if isinstance(event, events.StepFinished) and event.phase == "retrain":
            control.stopping = control.stopping or event.done >= stop_at

    bus.attach(hear)
    try:
        with together.leading(ranks):
            execute(plan, folder, bus, control)
    except Interrupted:
        return "stopped"
    return "done"


def kept(path: Path) -> dict[str, bytes]:
    """Trained weights, and the front that was judged by what they reached."""
    weights = "weights/model.safetensors"
    found = {f.path.name: (f.path / weights).read_bytes() for f in TrainedFolder.all_in(path)}
    return {**found, "front": (path / "front" / "h100-sxm.json").read_bytes()}


def test_trained_by_two_ranks_as_by_one_and_gone_on_with(
    plan: Plan, in_ranks: InRanks, tmp_path: Path
) -> None:
    alone, shared, stopped = (tmp_path / name for name in ("alone", "shared", "stopped"))
    assert carried_out(plan, alone, ALONE) == "done"
    assert len(kept(alone)) == 4
    assert in_ranks(lambda ranks: carried_out(plan, shared, ranks))[0] == "done"
    assert kept(shared) == kept(alone)
    for run in (alone, shared):
        assert all(f.result()["trained"] == str(f.path) for f in TrainedFolder.all_in(run))
    # stopped in the midst of the first round: both of its trainings are gone on with
    assert in_ranks(lambda ranks: carried_out(plan, stopped, ranks, 0.3))[0] == "stopped"
    begun = list(TrainedFolder.all_in(stopped))
    assert begun
    assert not all(folder.finished for folder in begun)
    assert carried_out(plan, stopped, ALONE) == "done"
    assert kept(stopped) == kept(alone)
