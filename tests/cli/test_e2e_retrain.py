"""``monas run --retrain`` through the real command line, and what later commands make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from monas_core.run import Run

OPTIONS = [
    "--space", "gpt", "--objectives", "acc,lat", "--devices", "h100-sxm,raspberry-pi-4",
    "--optimizer", "random", "--budget", "2steps", "--preferences", "4",
    "warm_up.steps=6", "warm_up.batch_size=2", "--plain",
]  # fmt: skip


def test_retrained_members_are_shown_picked_and_loaded(cli, nowhere: Path) -> None:
    told = cli("run", *OPTIONS, "--retrain", "12steps", "retrain.members=3", "--out-dir", "r")
    assert told.code == 0, told.err
    assert "retrain: 12steps each, at most 3 members of the fronts" in told.out
    assert "retrain starts: 3 architectures" in told.out
    assert "retrain ends: 3/3 architectures" in told.out
    assert "retrained 12steps each, h100-sxm: hypervolume" in told.out
    shown = cli("front", "r")
    assert "of the choice by inherited quality" in shown.out
    assert "re-" in shown.out
    document = json.loads(cli("front", "r", "--json").out)
    trained = [m for m in document["members"] if "retrained" in m]
    assert trained
    run = Run.open(nowhere / "r")
    front = run.front("h100-sxm")
    assert front.retrained is not None
    picked = run.pick("h100-sxm", {"acc": 1.0})
    best = min(m.reached["acc"] for m in (*front.members, *front.retrained.members))
    assert picked.reached["acc"] == pytest.approx(best)
    assert picked.retrained, "12 steps are better than 6 shared ones"
    task = run.session.context.require_task()
    with torch.no_grad():
        scores = task.evaluate(run.load(picked), "test")
        before = task.evaluate(run.load(picked, weights="inherited"), "test")
    name = task.score.name
    assert scores[name] == pytest.approx(picked.retrained["acc"], rel=1e-4)
    assert before[name] == pytest.approx(picked.values["acc"], rel=1e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--objectives", "params,lat"], "none of the objectives (params, lat) is one"),
        (["--trainer", "none"], 'trainer "none" leaves out'),
        (["--retrain", "9evals"], "Retraining is not counted in evaluations"),
        (["retrain.members=0"], "retrain.members"),
    ],
)
def test_what_cannot_be_retrained_is_refused(
    cli, nowhere: Path, words: list[str], said: str
) -> None:
    told = cli("run", *OPTIONS, "--retrain", "5steps", *words, "--out-dir", "r")
    assert told.code == 2
    assert said in " ".join(told.err.split())
    assert not (nowhere / "r").exists()
