"""A small finished run on disk, written by hand, and the page made of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from monas_core.cli.main import main
from monas_core.record.rundir import RunFolder
from monas_core.report.facts import Facts
from monas_core.report.page import write_report

OBJECTIVES = [
    {"name": "acc", "unit": "bit/byte", "direction": "min"},
    {"name": "lat", "unit": "ms", "direction": "min"},
    {"name": "energy", "unit": "mJ", "direction": "min"},
]
CHOICES = [
    {"name": "width", "options": [32, 64, 96], "ordered": True, "condition": None, "group": None},
    {"name": "depth", "options": [1, 2], "ordered": True, "condition": None, "group": None},
    {"name": "heads_0", "options": [1, 2], "ordered": True, "condition": None, "group": "layer 0"},
    {
        "name": "heads_1",
        "options": [1, 2],
        "ordered": True,
        "condition": {"choice": "depth", "options": [2]},
        "group": "layer 1",
    },
]
CONDITIONS = {"heads_1": ["depth", [2]]}
DEVICES = ("alpha", "beta", "gamma")


def member(index: int, factor: float) -> dict:
    """The bigger, the better and the dearer; energy bends otherwise than latency."""
    choices = {"width": (32, 64, 96)[index % 3], "depth": 1 + index // 5, "heads_0": 1 + index % 2}
    lat, energy = factor * 1.6**index, factor * (0.5 + abs(index - 3) ** 1.5)
    return {
        "architecture": {"space": "made-up", "version": 1, "choices": {**choices, "heads_1": 1}},
        "key": f"key{index:04d}",
        "values": {"acc": 4.0 - 0.1 * index, "lat": lat, "energy": energy},
        "origin": {"acc": "measured", "lat": "modelled", "energy": "predicted"},
        "spread": {"lat": 0.1 * lat},
        "predicted": {"acc": 4.1 - 0.1 * index, "lat": 1.1 * lat, "energy": energy},
        "extra": {"perplexity": 16.0 - index},
    }


def front(device: str, factor: float) -> dict:
    members = [member(index, factor) for index in reversed(range(9))]
    return {
        "schema": 1,
        "space": "made-up",
        "device": device,
        "held_out": device == "gamma",
        "objectives": OBJECTIVES,
        "reference_point": [4.2, factor * 60, factor * 20],
        "ideal_point": [3.1, factor * 0.5, factor * 0.4],
        "hypervolume": 0.8,
        "members": members,
    }


def started() -> dict:
    return {
        "event": "RunStarted", "time": 0.0, "run": "run", "space": "made-up", "optimizer": "some",
        "task": "words", "objectives": OBJECTIVES, "devices": ["alpha", "beta"],
        "held_out": ["gamma"], "facts": {"preset": "tiny", "conditions": CONDITIONS},
    }  # fmt: skip


def changed(device: str, time: float, hypervolume: float, split: str = "search") -> dict:
    return {
        "event": "FrontChanged", "time": time, "device": device, "hypervolume": hypervolume,
        "members": [], "split": split,
    }  # fmt: skip


def evaluated(device: str, index: int) -> dict:
    """What the search saw of a member: better quality, since it was on other data."""
    known = member(index, {"alpha": 0.02, "beta": 1.0}[device])
    values = {**known["values"], "acc": known["values"]["acc"] - 0.25}
    return {
        "event": "EvaluationAdded", "time": 1.0 + index / 10, "device": device,
        "architecture": known["architecture"], "key": known["key"], "values": values,
        "split": "search",
    }  # fmt: skip


def write_run(path: Path) -> Path:
    """A run folder as far as a report needs one."""
    (path / "front").mkdir(parents=True)
    (path / "config.yaml").write_text(
        "space: made-up\nobjectives: [quality, latency, energy]\n"
        "devices: [alpha, beta]\nheld_out: [gamma]\n"
    )
    environment = {"python": "3.11.7", "packages": {"monas": "0.1.0"}, "started": "2026-01-01"}
    (path / "env.json").write_text(json.dumps(environment))
    for device, factor in zip(DEVICES, (0.02, 1.0, 30.0), strict=True):
        (path / "front" / f"{device}.json").write_text(json.dumps(front(device, factor)))
    lines = [started(), {"event": "Warned", "time": 0.5, "message": "little <data>"}]
    lines += [evaluated(device, index) for device in ("alpha", "beta") for index in range(9)]
    for step in range(5):
        lines += [changed(device, 1.0 + step, 0.1 * step) for device in ("alpha", "beta")]
    lines.append(changed("gamma", 7.0, 0.7, "final"))
    (path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    devices = {name: {"hypervolume": 0.8, "members": 9, "front": "x"} for name in DEVICES}
    seconds = {"search": 5.0, "total": 7.5}
    (path / "result.json").write_text(
        json.dumps({"run": str(path), "devices": devices, "seconds": seconds})
    )
    return path


@pytest.fixture
def cli(capsys):
    """Run monas with some words: exit code, output, errors."""

    def call(*words) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture
def run(tmp_path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture(scope="session")
def facts() -> Facts:
    return Facts(choices=CHOICES, ratios=["lat", "energy"])


@pytest.fixture(scope="session")
def page(tmp_path_factory, facts) -> Path:
    """The report of the made-up run."""
    folder = tmp_path_factory.mktemp("report")
    run = write_run(folder / "run")
    return write_report(RunFolder(run), folder / "report.html", facts)


@pytest.fixture(scope="session")
def wishes() -> np.ndarray:
    """Preferences all over the simplex, ``(40, 3)``, corners included."""
    drawn = np.random.default_rng(0).dirichlet(np.ones(3), 37)
    return np.concatenate([np.eye(3), drawn])
