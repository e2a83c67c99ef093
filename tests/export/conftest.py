"""A small finished run, and a process that cannot import monas."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from monas_core.api import carry_out as search
from monas_core.catalog.lookup import Catalog
from monas_core.cli.main import main
from monas_core.export import companion
from monas_core.record.config import RunConfig
from monas_core.record.training import WarmUpConfig
from monas_core.run import Run
from monas_core.values.budget import Budget

STRANGER = Path(__file__).with_name("stranger.py")
ASKER = Path(__file__).with_name("asker.py")


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = RunConfig(
        space="gpt",
        objectives=("acc", "lat"),
        devices=("raspberry-pi-4",),
        held_out=(),
        optimizer="random",
        budget=Budget.parse("3steps"),
        warm_up=WarmUpConfig(steps=12, batch_size=4),
        preferences=6,
        out_dir=str(tmp_path_factory.mktemp("export") / "run"),
    )
    return search(config, Catalog.installed())


@pytest.fixture(scope="package")
def stranger() -> Callable[[Path], dict[str, Any]]:
    """Largest differences by format, found by a process without monas.

    It is given a folder with the exported models and with probes: what the subnet answered.
    """

    def ask(folder: Path) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-I", str(STRANGER), str(folder)],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="session")
def asked() -> Callable[..., list[dict[str, Any]]]:
    """What a model's own ``predict.py`` prints, in a process without monas."""

    def ask(model: Path, *given: object) -> list[dict[str, Any]]:
        script = companion.place(model) / companion.EXAMPLE
        done = subprocess.run(
            [sys.executable, "-I", str(ASKER), str(script), "--json", *map(str, given)],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    return ask


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run monas with some words."""
    monkeypatch.setenv("COLUMNS", "120")

    def run_words(*words: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Outcome(int(end.value.code or 0), printed.out, printed.err)

    return run_words
