"""A small finished run, and the profile of a device that it has not seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from monas_core.api import carry_out as search
from monas_core.catalog.lookup import Catalog
from monas_core.cli.main import main
from monas_core.parts.context import Context
from monas_core.profiling.measure import costs, described
from monas_core.profiling.profile import Profile
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.record.config import RunConfig
from monas_core.record.training import WarmUpConfig
from monas_core.run import Run
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.budget import Budget


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Run:
    config = RunConfig(
        space="gpt",
        objectives=("acc", "lat", "energy"),
        devices=("core-i7-1260p", "raspberry-pi-4", "jetson-nano"),
        held_out=(),
        budget=Budget.parse("8steps"),
        warm_up=WarmUpConfig(steps=8, batch_size=4),
        preferences=10,
        out_dir=str(tmp_path_factory.mktemp("profile") / "run"),
        options={
            "optimizer": {
                "initial_queries": 16,
                "cost_samples": 32,
                "first_steps": 25,
                "steps_per_round": 10,
            }
        },
    )
    return search(config, catalog)


@pytest.fixture(scope="session")
def profile(run: Run, catalog: Catalog) -> Profile:
    """What a person would bring from a machine that is not this one."""
    context = run.session.context
    references = ReferenceSet.of(context)
    device = catalog.create("device", "raspberry-pi-5")
    return Profile(
        name="board",
        processor="Board 1",
        runtime="a runtime",
        precision="fp32",
        batch=1,
        threads=None,
        kind="edge",
        date="2026-01-01",
        **described(references),
        metrics={
            metric: costs(metric, device.cost(metric, references.architectures, context))
            for metric in ("latency_ms", "energy_mj")
        },
    )


@pytest.fixture(scope="session")
def board(profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("board") / "board.json"
    profile.write(path)
    return path


@pytest.fixture(scope="session")
def toy() -> Context:
    return Context(ToySpace(), ToyTask())


@pytest.fixture
def monas(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run the command line: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return call
