"""Running the command line inside the test process, and a made-up run on disk."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from monas_core.cli.main import main
from monas_core.events import to_json


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys, monkeypatch):
    """Run monas with some words; like a process with pipes for its output."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Outcome(end.value.code or 0, printed.out, printed.err)  # pyright: ignore

    return run


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def log(script):
    """All events of an undisturbed run."""
    return list(script(Path(__file__).parents[1] / "ui" / "synthetic.py").run())


@pytest.fixture
def logged_run(nowhere, log) -> Path:
    """A run folder as far as watching needs one."""
    path = nowhere / "runs" / "gpt-1"
    path.mkdir(parents=True)
    (path / "config.yaml").write_text("space: gpt\n")
    lines = [json.dumps(to_json(event)) for event in log]
    (path / "events.jsonl").write_text("\n".join(lines) + "\n")
    return path
