"""The documented commands of block-wise supervision and of similarity, with tiny budgets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monas_core.run import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"
SHORT = ["teacher.steps=2", "preferences=3", "--plain", "--out-dir", "r"]


def command(page: str) -> list[str]:
    """The first command of a page, as one would type it."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(r"^    monas (run (?:.*\\\n)*.*)", text, re.MULTILINE)
    assert found is not None
    return found[1].replace("\\\n", " ").split()


def test_blocks_are_supervised_rated_joined_and_retrained(cli, nowhere: Path) -> None:
    fewer = ["warm_up.steps=2", "retrain.budget=2steps", "retrain.members=1"]
    fewer += ["options.optimizer.paths=4", "options.optimizer.settings=2"]
    told = cli(*command("systems-dna.md"), *SHORT, *fewer)
    assert told.code == 0, told.err
    for phase in ("teacher", "warm-up", "search", "retrain"):
        assert f"{phase} starts" in told.out
    run = Run.open(nowhere / "r")
    (device,) = run.devices
    members = run.front(device).members
    assert all(member.values["rating"] > 0 for member in members)
    (trained,) = [m for m in members if "trained accuracy" in m.extra]
    assert 0.0 <= trained.extra["trained accuracy"] <= 100.0
    assert "trained" in cli("front", "r").out
    again = cli(*command("systems-dna.md"), *SHORT[:-2], *fewer, "--resume", "r")
    assert again.code == 2  # it goes on with its own settings


def test_networks_without_training_are_compared_with_a_teacher(cli, nowhere: Path) -> None:
    fewer = ["options.objective.similarity.steps=1", "options.optimizer.population=4"]
    told = cli(*command("systems-hdnas.md"), *SHORT, *fewer, "--budget", "10evals")
    assert told.code == 0, told.err
    run = Run.open(nowhere / "r")
    for device in run.devices:
        front = run.front(device)
        assert front.names[0] == "similarity"
        assert all("diversity" not in member.values for member in front.members)
    assert run.session.context.supernet is None
    assert run.session.context.require_teacher().taps


@pytest.mark.parametrize("page", ["systems-dna.md", "systems-hdnas.md"])
def test_scores_that_nobody_trained_are_refused(cli, nowhere: Path, page: str) -> None:
    words = [w.replace("rating", "acc").replace("similarity", "acc") for w in command(page)]
    told = cli(*words, "--plain")
    assert told.code == 2
    assert told.err.count("\n") <= 2
    assert not list(nowhere.iterdir())
