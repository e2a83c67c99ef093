"""Several scores, heads and maps through the command line: screen, front, report, export."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

import monas_core as monas
from monas_core.parts.loss import Loss
from monas_core.record.checkpoints import newest

DOCS = Path(__file__).parents[2] / "docs"


def documented(page: str) -> list[str]:
    """The words of the first run that a page shows, without the name of the program."""
    (line, *_) = re.findall(r"^    monas (run .+)$", (DOCS / page).read_text(), re.MULTILINE)
    return shlex.split(line)


HEADS = [
    *documented("systems-mtlnas.md"),
    "--budget", "8steps", "--preferences", "6", "--out-dir", "out", "--plain", "warm_up.steps=2",
    "warm_up.batch_size=4", "options.optimizer.samples=2", "options.optimizer.aims=3",
    "options.task.pictures=16",
]  # fmt: skip
MAPS = [
    *documented("systems-nascount.md"),
    "--budget", "3steps", "--preferences", "4", "--out-dir", "out", "--plain", "warm_up.steps=6",
    "warm_up.batch_size=2", "options.task.scenes=12", "options.optimizer.steps=1",
    "options.optimizer.passes=1", "options.optimizer.rounds=1", "options.optimizer.batch=1",
    "options.optimizer.batch_size=2",
]  # fmt: skip


def outputs_of(path: Path, channels: int, size: int) -> dict[str, tuple[int, ...]]:
    """What a model of onnxruntime answers to two pictures."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    pictures = np.zeros((2, channels, size, size), dtype=np.float32)
    found = session.run(None, {session.get_inputs()[0].name: pictures})
    names = [output.name for output in session.get_outputs()]
    return {name: array.shape for name, array in zip(names, found, strict=True)}


def test_two_heads(cli, nowhere):
    done = cli(*HEADS)
    assert done.code == 0, done.err
    document = json.loads((nowhere / "out/front/any.json").read_text())
    objectives = {o["name"]: (o["unit"], o["direction"]) for o in document["objectives"]}
    assert objectives == {
        "acc:seg": ("%", "max"),
        "acc:normal": ("deg", "min"),
        "edges": ("edges", "min"),
    }
    for member in document["members"]:
        opened = sum(answer is True for answer in member["architecture"]["choices"].values())
        assert member["values"]["edges"] == opened
        assert 0 <= member["values"]["acc:seg"] <= 100
        assert 0 <= member["values"]["acc:normal"] <= 180
    shown = cli("front", "out").out
    lines = shown.splitlines()
    row = next(i for i, line in enumerate(lines) if "acc:seg ↑" in line)  # names over units
    assert lines[row].index("acc:seg ↑") < lines[row].index("acc:normal ↓")
    assert lines[row].index("acc:normal ↓") < lines[row + 1].index("edges ↓")
    rows = cli("front", "out", "--csv").out.splitlines()
    assert len(rows) == 1 + len(document["members"])
    best = json.loads(cli("pick", "out", "--prefer", "acc:seg=1", "--json").out)
    assert best["values"]["acc:seg"] == max(m["values"]["acc:seg"] for m in document["members"])
    few = json.loads(cli("pick", "out", "--prefer", "edges=1", "--json").out)
    assert few["values"]["edges"] == min(m["values"]["edges"] for m in document["members"])
    assert cli("watch", "out").code == 0
    assert cli("report", "out").code == 0
    page = next((nowhere / "out").glob("*.html")).read_text()
    assert all(name in page for name in ("acc:seg", "acc:normal", "edges"))
    exported = cli("export", "out", "--prefer", "edges=1", "--format", "onnx", "--out", "two.onnx")
    assert exported.code == 0, exported.err
    model = next(nowhere.rglob("*.onnx"))
    assert outputs_of(model, 2, 16) == {"seg": (2, 4, 16, 16), "normal": (2, 3, 16, 16)}


def test_a_map(cli, nowhere):
    done = cli(*MAPS)
    assert done.code == 0, done.err
    assert "pool 2" in (nowhere / "out/events.jsonl").read_text(), "the shares are told"
    document = json.loads((nowhere / "out/front/any.json").read_text())
    assert [o["name"] for o in document["objectives"]] == ["acc", "acc:RMSE", "params"]
    for member in document["members"]:
        assert member["values"]["acc"] <= member["values"]["acc:RMSE"]
        assert member["extra"]["constant output"] in (0.0, 1.0)
    dead = [m for m in document["members"] if m["extra"]["constant output"]]
    assert ("their training died" in done.out + done.err) == bool(dead)
    exported = cli("export", "out", "--prefer", "params=1", "--format", "onnx", "--out", "map.onnx")
    assert exported.code == 0, exported.err
    assert outputs_of(next(nowhere.rglob("*.onnx")), 1, 32) == {"output": (2, 1, 32, 32)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--space", "gpt", "--loss", "spp"], "density-map"),
        (["--space", "fusion", "--loss", "mse"], "one shape"),
        (["--space", "count", "--loss", "ssp"], 'Did you mean "spp"'),
        (["--space", "count", "options.loss.levels=3"], "takes no options"),
        (["--space", "count", "--loss", "spp", "options.loss.levels=0"], "at least 1"),
        (["--space", "count", "--optimizer", "gated"], "dense-multitask"),
        (["--space", "fusion", "--objectives", "acc:rmse"], "no score"),
        (["--space", "count", "--objectives", "acc,edges"], "edges"),
        (["--space", "count", "--task", "counting:missing"], "no folder"),
    ],
)
def test_what_does_not_fit_is_refused(cli, nowhere, words, told):
    done = cli("run", *words, "--dry-run")
    assert done.code == 2, done.out
    assert told in " ".join(done.err.split())
    assert not list(nowhere.iterdir())


def _searched(folder: Path, stop_at: int | None = None, **more):
    control = monas.Control()

    def watch(progress) -> None:
        if stop_at is not None and progress.phase == "warm-up" and progress.done >= stop_at:
            control.stop()

    settings = {
        "objectives": ["acc", "params"], "loss": "spp", "optimizer": "random", "budget": "2steps",
        "warm_up": {"steps": 9, "batch_size": 2}, "preferences": 3,
        "options": {"task": {"scenes": 8}}, "out_dir": folder,
    }  # fmt: skip
    given = more or {"space": "count", **settings}
    return monas.search(**given, control=control, progress=watch)


def test_a_stopped_run_goes_on_with_the_loss_it_had(tmp_path):
    straight = _searched(tmp_path / "straight")
    with pytest.raises(monas.Interrupted):
        _searched(tmp_path / "stopped", stop_at=5)
    resumed = _searched(tmp_path / "stopped", resume=tmp_path / "stopped")
    one, two = (newest(tmp_path / name) for name in ("straight", "stopped"))
    shares = [c.content["session"]["loss"]["parameters"]["searched"][0] for c in (one, two)]
    assert shares[0].abs().sum() > 0, "nothing was searched"
    assert shares[0].tolist() == shares[1].tolist()
    members = [
        [(m.key, dict(m.values)) for m in run.front(run.devices[0]).members]
        for run in (straight, resumed)
    ]
    assert members[0] == members[1]


class Absolute(Loss):
    """A loss of somebody's own."""

    name = "absolute"

    def per_sample(self, outputs, targets):
        return (self.task.gain * (outputs - targets)).abs().flatten(1).mean(1)


def test_a_loss_of_ones_own(tmp_path):
    given = {
        "space": "count", "objectives": ["acc", "params"], "loss": Absolute, "optimizer": "random",
        "budget": "1steps", "warm_up": {"steps": 2, "batch_size": 2}, "preferences": 3,
        "options": {"task": {"scenes": 8}}, "out_dir": tmp_path / "run",
    }  # fmt: skip
    run = _searched(tmp_path, **given)
    (member, *_) = run.front(run.devices[0]).members
    alone = monas.open_run(tmp_path / "run")
    assert next(m.key for m in alone.front("any").members) == member.key
    pictures = run.load(member)(torch.zeros(1, 1, 32, 32))
    assert torch.equal(alone.load(member)(torch.zeros(1, 1, 32, 32)), pictures)
    with pytest.raises(monas.MonasError, match="class"):
        _searched(tmp_path, **{**given, "loss": Absolute(run.session.plan.task), "out_dir": None})
