"""``monas doctor RUN``: what is whole, what can be had, and nothing is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monas_core.cli.main import main
from monas_core.events import Bus
from monas_core.record.examination import examine
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.plan import Plan


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, plan: Callable[..., Plan]) -> Path:
    made = plan(budget="2steps")
    path = tmp_path_factory.mktemp("doctor") / "run"
    execute(made, RunFolder.create(path, made.config), Bus(), Control())
    return path


def states(path: Path) -> dict[str, str]:
    return {row["name"]: row["state"] for row in examine(RunFolder(path))["files"]}


def test_a_whole_run(finished: Path) -> None:
    found = examine(RunFolder(finished))
    assert found["whole"], found
    assert set(found["can"]) == {"pick", "fronts", "report"}
    assert all(how.startswith("monas ") for how in found["can"].values())


FILES = [
    "config.yaml", "env.json", "events.jsonl", "archive.jsonl", "result.json", "front/toy-a.json",
]  # fmt: skip
DAMAGE: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "emptied": lambda p: p.write_bytes(b""),
    "zeroed": lambda p: p.write_bytes(b"\0" * 50 + b"\n"),
    "halved": lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size // 2]),
}


HARMLESS = {("events.jsonl", "emptied"), ("events.jsonl", "halved")}
"""Nothing is computed from it, and a shorter one is one of an earlier moment."""


@pytest.mark.parametrize("fault", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_what_is_damaged_is_named(finished: Path, tmp_path: Path, name: str, fault: str) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    DAMAGE[fault](run / name)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    found = examine(RunFolder(run))
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before
    if (name, fault) == ("result.json", "removed"):
        assert found["can"] == {"go on": f"monas run --resume {run}"}
    elif (name, fault) not in HARMLESS:
        assert not found["whole"]
        shortened = name == "archive.jsonl" and fault in ("emptied", "halved")
        assert states(run)["checkpoints" if shortened else name] != "whole"
    if name == "archive.jsonl":
        assert found["can"]["pick"].startswith("not as it is")
        assert found["can"]["fronts"].startswith("monas front")


def test_the_command(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    for damage, code in ((None, 0), ("archive.jsonl", 1)):
        if damage:
            (run / damage).unlink()
        with pytest.raises(SystemExit) as end:
            main(["doctor", str(run), "--json"])
        assert (end.value.code or 0) == code
        assert json.loads(capsys.readouterr().out)["whole"] == (code == 0)
    with pytest.raises(SystemExit):
        main(["doctor", str(run)])
    assert "archive.jsonl is missing" in " ".join(capsys.readouterr().out.split())
