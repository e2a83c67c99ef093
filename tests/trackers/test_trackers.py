"""What trackers are told is what their own readers find."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import monas_core as monas
from monas_core import events
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.record.config import load_config
from monas_core.running.hearing import observers
from monas_trackers.notify import Notify

WARNING = "the board sleeps"


def story(folder: Path) -> list[events.Event]:
    """A short run, resumed once."""
    member = {"key": "ab", "architecture": {}, "values": {"acc": 0.5, "lat": 3.0}}
    other = {"key": "cd", "architecture": {}, "values": {"acc": 0.75, "lat": 4.0}}
    objectives = [
        {"name": "acc", "unit": "fraction", "direction": "max"},
        {"name": "lat", "unit": "ms", "direction": "min"},
    ]
    facts = {"seed": 0, "weights": {"all": 5}}
    begun = ("gpt", "random", "digits", objectives, ["host"], ["t4"], facts)
    return [
        events.RunStarted(0.0, str(folder), *begun),
        events.PhaseStarted(0.1, "warm-up", 2, "steps"),
        events.StepFinished(1.0, "warm-up", 1.0, 1, {"largest": 2.5}, {"weights": 0.1}),
        events.StepFinished(2.0, "warm-up", 2.0, 2, {"largest": 1.5}, {"weights": 0.05}),
        events.EvaluationAdded(3.0, "host", {}, "ab", {"acc": 0.5, "lat": 3.0}, "search"),
        events.FrontChanged(3.2, "host", 0.25, [member], "search"),
        events.Warned(3.5, WARNING),
        events.FrontChanged(4.4, "host", 0.5, [member, other], "search"),
        events.RunFinished(5.0, "done", {"search": 3.0}),
    ]


def told(name: str, folder: Path, **options: Any) -> None:
    """Tell an installed observer the story."""
    folder.mkdir(exist_ok=True)
    (folder / "front").mkdir(exist_ok=True)
    (folder / "front" / "host.json").write_text("{}")
    given = {"space": "gpt", "observers": [name], "options": {"observer": {name: options}}}
    config = load_config(None, given)
    (found,) = [e for e in observers(config, Catalog.installed()) if e[0].name == name]
    observer = found[1]()
    for event in story(folder):
        observer(event)


def test_tensorboard_reads_it_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told("tensorboard", tmp_path / "run")
    read = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    loss = [(e.step, e.value) for e in read.Scalars("warm-up/loss/largest")]
    assert loss == [(1, 2.5), (2, 1.5)]
    assert [(e.step, e.value) for e in read.Scalars("hypervolume/host")] == [(3, 0.25), (4, 0.5)]
    assert [e.value for e in read.Scalars("best/host/acc")] == [0.5, 0.75]
    assert [e.value for e in read.Scalars("best/host/lat")] == [3.0, 3.0]
    (warned,) = read.Tensors("warnings/text_summary")
    assert warned.tensor_proto.string_val == [WARNING.encode()]
    (asked,) = read.Tensors("configuration/text_summary")
    assert b"| held out | t4 |" in asked.tensor_proto.string_val[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_reads_it_back(tmp_path: Path) -> None:
    for package in ("mlflow", "sqlalchemy", "alembic"):
        pytest.importorskip(package)
    from mlflow import MlflowClient

    told("mlflow", tmp_path / "run", experiment="boards")
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'run' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("boards")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["space"] == "gpt"
    assert run.data.tags["warning"] == WARNING
    history = client.get_metric_history(run.info.run_id, "hypervolume/host")
    assert [(m.step, m.value) for m in history] == [(3, 0.25), (4, 0.5)]
    assert [f.path for f in client.list_artifacts(run.info.run_id, "front")] == ["front/host.json"]


def logged(data: bytes) -> Iterator[bytes]:
    """Records of a log in blocks of 32 KB: checksum, length and kind before each fragment."""
    place, whole, block = 7, b"", 32 * 1024
    while place + 7 <= len(data):
        if block - place % block < 7:
            place += block - place % block
            continue
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last fragment
            yield whole
            whole = b""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_wandb_reads_it_back(tmp_path: Path) -> None:
    wandb = pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2 as messages

    told("wandb", tmp_path / "run")
    wandb.teardown()  # its service writes on its own time
    (path,) = (tmp_path / "run" / "wandb").glob("offline-run-*/run-*.wandb")
    rows: list[dict[str, Any]] = []
    for data in logged(path.read_bytes()):
        record = messages.Record.FromString(data)
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            rows.append(
                {(i.key or "/".join(i.nested_key)): json.loads(i.value_json) for i in items}
            )
    volumes = [(r["seconds"], r["hypervolume/host"]) for r in rows if "hypervolume/host" in r]
    assert volumes == [(3, 0.25), (4, 0.5)]


def test_a_command_gets_one_document(tmp_path: Path) -> None:
    script = "import sys; open('told.json', 'a').write(sys.stdin.read() + '\\n')"
    (tmp_path / "tell.py").write_text(script.replace("told.json", str(tmp_path / "told.json")))
    told(
        "notify",
        tmp_path / "run",
        command=f"{sys.executable} {tmp_path / 'tell.py'}",
        on="warnings",
    )
    warned, ended = map(json.loads, (tmp_path / "told.json").read_text().splitlines())
    assert (warned["event"], warned["message"]) == ("warning", WARNING)
    assert (ended["status"], ended["run"]) == ("done", str(tmp_path / "run"))
    assert ended["seconds"] == 3.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"observers": ["notfy"]}, "notify"),
        ({"options": {"observer": {"tensorboard": {}}}}, "add --observers tensorboard"),
        (
            {"observers": ["notify"], "options": {"observer": {"notify": {"url": "ftp://x"}}}},
            "https",
        ),
        (
            {"observers": ["tensorboard"], "options": {"observer": {"tensorboard": {"x": 1}}}},
            "folder",
        ),
    ],
)
def test_what_cannot_be_attached_is_told_at_once(given: dict[str, Any], said: str) -> None:
    config = load_config(None, {"space": "gpt", **given})
    with pytest.raises(UsageError, match=said):
        observers(config, Catalog.installed())


def test_observers_that_ask_for_it_hear_of_runs_that_name_them_only() -> None:
    config = load_config(None, {"space": "gpt"})
    heard = {entry.name for entry, _ in observers(config, Catalog.installed())}
    assert not heard & {"tensorboard", "wandb", "mlflow", "notify"}


def test_a_named_observer_is_made_once_and_hears_of_a_run_from_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Notify] = []
    init = Notify.__init__

    def counted(self: Notify, **given: Any) -> None:
        made.append(self)
        init(self, **given)

    monkeypatch.setattr(Notify, "__init__", counted)
    keep = f"{sys.executable} -c \"open('{tmp_path / 'told.json'}', 'w').write(input())\""
    monas.search(
        "gpt", objectives=["params"], devices=["t4"], held_out=[], optimizer="random",
        budget="1steps", preferences=2, warm_up={"steps": 1, "batch_size": 2},
        observers=["notify"], options={"observer": {"notify": {"command": keep}}},
        out_dir=tmp_path / "run", progress=False,
    )  # fmt: skip
    assert len(made) == 1
    assert json.loads((tmp_path / "told.json").read_text())["status"] == "done"
    monas.open_run(tmp_path / "run")
    assert len(made) == 1, "who asks a finished run is not heard"
