"""``monas train`` and ``monas export`` on a finished run, and on damaged ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from monas_core.run import Run


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    """The run's folder, to be trained in or damaged."""
    shutil.copytree(run.path, tmp_path / "run")
    return tmp_path / "run"


def test_pick_train_export(copy: Path, cli: Any, tmp_path: Path) -> None:
    picked = json.loads(cli("pick", copy, "--prefer", "acc=.5,lat=.5", "--json").out)
    words = ("train", copy, "--prefer", "acc=.5,lat=.5", "--steps", "4", "--batch-size", "4")
    done = cli(*words, "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["key"] == picked["key"]
    assert set(result["before"]) == set(result["after"]) >= {"bits per byte"}
    assert "training ends: 4/4 steps" in done.err
    assert json.loads(cli(*words, "--json").out) == result, "done already"
    out = tmp_path / "a.onnx"
    told = cli("export", copy, "--architecture", result["key"], "--format", "onnx", "--out", out)
    assert told.code == 0, told.err
    for wanted in ("trained weights", "tolerance 0.0001", "onnxruntime", "lat on raspberry-pi-4"):
        assert wanted in told.out
    run = Run.open(copy)
    inherited, trained = (run.load(picked, weights=w) for w in ("inherited", "trained"))
    tokens = torch.randint(256, (1, 8))
    assert not torch.equal(inherited(tokens), trained(tokens))
    assert torch.equal(run.load(picked)(tokens), trained(tokens))


def test_training_tells_its_steps(copy: Path, cli: Any) -> None:
    told = cli("train", copy, "--steps", "2", "--batch-size", "2", "--distil")
    assert told.code == 0, told.err
    for wanted in ("training starts: 2 steps", "teacher: largest subnet", "before", "Next"):
        assert wanted in told.out


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_a_training_that_diverges_leaves_nothing(copy: Path, cli: Any, tmp_path: Path) -> None:
    told = cli("train", copy, "--steps", "20", "--batch-size", "2", "--learning-rate", "1e6")
    assert told.code == 1
    for wanted in ("warning", "with 0.1 of the learning rate", "with 0.001 of the learning rate"):
        assert wanted in told.out
    said = " ".join(told.err.split())
    assert "3 times before" in said
    assert "smaller learning rate" in said
    assert "Traceback" not in told.err
    (events,) = copy.glob("trained/*/events.jsonl")
    lines = [json.loads(line, parse_constant=refuse) for line in events.read_text().splitlines()]
    assert sum(line["event"] == "Warned" for line in lines) == 3
    assert not list(copy.glob("trained/*/weights"))
    report = cli("export", copy, "--format", "safetensors", "--out", tmp_path / "m", "--json")
    assert json.loads(report.out)["weights"] == "inherited"


def test_a_run_that_diverges_ends_with_a_sentence(cli: Any, tmp_path: Path) -> None:
    run = tmp_path / "diverging"
    words = ("--optimizer", "random", "--budget", "1steps", "--preferences", "2", "--out-dir", run)
    what = ("--space", "gpt", "--objectives", "acc,params", "--held-out", "")
    settings = ("warm_up.steps=20", "warm_up.batch_size=2", "warm_up.learning_rate=1e30")
    told = cli("run", *what, *words, *settings)
    assert told.code == 1
    assert told.out.count("of the learning rate") == 3
    assert "smaller warm_up.learning_rate" in " ".join(told.err.split())
    for path in run.rglob("*.json*"):
        for line in path.read_text().splitlines() if path.suffix == ".jsonl" else []:
            json.loads(line, parse_constant=refuse)
    assert not (run / "result.json").exists()


BAD = [
    (("export", "RUN"), "Missing option '--format'"),
    (("export", "RUN", "--format", "onxx"), 'No format "onxx". Did you mean "onnx"'),
    (("export", "RUN", "--format", "pt2", "--weights", "old"), "choose auto, inherited, trained"),
    (("export", "RUN", "--format", "pt2", "--out", "RUN"), "already exists"),
    (("export", "nowhere", "--format", "pt2"), "nowhere is not a run folder"),
    (("export", "RUN", "--format", "pt2", "--architecture", "zz"), 'knows no architecture "zz"'),
    (("export", "RUN", "--format", "pt2", "--prefer", "acc=x"), '--prefer "acc=x"'),
    (("export", "RUN", "--format", "pt2", "--device", "t44"), 'Did you mean "t4"'),
    (
        ("export", "RUN", "--format", "pt2", "--prefer", "acc=1", "--architecture", "a"),
        "exclude each other",
    ),
    (("export", "RUN", "--format", "pt2", "--weights", "trained"), "has not been trained alone"),
    (("train", "nowhere"), "nowhere is not a run folder"),
    (("train", "RUN", "--steps", "5", "--budget", "5s"), "--steps and --budget exclude each other"),
    (("train", "RUN", "--steps", "0"), "write a positive number"),
    (("train", "RUN", "--budget", "5evals"), "not counted in evaluations"),
    (("train", "RUN", "--learning-rate", "-1"), "learning rate of a training must be positive"),
    (("train", "RUN", "--architecture", "zz"), 'knows no architecture "zz"'),
]  # fmt: skip


@pytest.mark.parametrize(("words", "wanted"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_refused_in_one_sentence(
    run: Run, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], wanted: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    before = sorted(run.path.rglob("*"))
    outcome = cli(*(run.path if word == "RUN" else word for word in words))
    assert outcome.code == 2, outcome
    assert wanted in outcome.err
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1, "one line, no traceback"
    assert not list(tmp_path.iterdir())
    assert sorted(run.path.rglob("*")) == before


DAMAGE = {
    "config.yaml": "was changed after the run was started",
    "front/raspberry-pi-4.json": "is damaged",
    "archive.jsonl": "archive.jsonl holds",
    "result.json": None,
    "checkpoints": "is missing or damaged",
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("command", ["train", "export"])
def test_damaged_runs_are_told(
    copy: Path, cli: Any, tmp_path: Path, name: str, command: str
) -> None:
    path = copy / name
    for file in path.glob("*/*.safetensors") if path.is_dir() else [path]:
        file.write_bytes(b"[" + file.read_bytes()[: file.stat().st_size // 2])
    words = ("--format", "pt2", "--out", tmp_path / "o") if command == "export" else ("--steps", 1)
    outcome = cli(command, copy, *words)
    if DAMAGE[name] is None:  # its presence is what matters
        assert outcome.code == 0, outcome.err
        return
    assert outcome.code == 2, outcome
    assert DAMAGE[name] in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["config.yaml", "front/raspberry-pi-4.json", "result.json"])
def test_missing_files_of_a_run_are_told(copy: Path, cli: Any, name: str) -> None:
    (copy / name).unlink()
    outcome = cli("train", copy, "--steps", "1")
    assert outcome.code == 2, outcome
    assert outcome.err.count("\n") == 1
