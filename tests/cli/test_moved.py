"""A run without its data, on another machine, and with data that lie elsewhere now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import monas_core as monas
from monas_core.errors import UsageError
from monas_core.record.data_store import StoredData, read
from monas_core.values.data import DataRecord, Item, Source, changes

SMALL: dict[str, Any] = {
    "objectives": "acc, params", "devices": "t4", "held_out": [], "optimizer": "random",
    "budget": "3steps", "preferences": 3, "warm_up": {"steps": 2, "batch_size": 2},
    "progress": False, "options": {"task": {"bytes": 1_000_000}},
}  # fmt: skip


def corpus(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"line {n * n % 977} of a text\n" for n in range(900)))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine: a finished run, one that was stopped, and the text both learnt from."""
    home = tmp_path_factory.mktemp("machine")
    text = corpus(home / "data" / "my words.txt")
    monas.search("gpt", task=f"text:{text}", out_dir=home / "run", **SMALL)
    control = monas.Control()

    def follow(told: monas.Progress) -> None:
        if told.phase == "search" and told.done >= 1:
            control.stop()

    given: dict[str, Any] = {**SMALL, "progress": follow}
    with pytest.raises(monas.Interrupted):
        monas.search("gpt", task=f"text:{text}", out_dir=home / "part", control=control, **given)
    return home


@pytest.fixture
def elsewhere(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine: the run folders alone, and paths that lead nowhere."""
    for name in ("run", "part"):
        shutil.copytree(home / name, tmp_path / "copied" / name)
        for path in (tmp_path / "copied" / name).rglob("data.json"):
            document = json.loads(path.read_text().replace(str(home), "/no/such/place"))
            document.pop("seal")  # as of a run that was moved before there were any
            path.write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "copied"


def test_what_needs_no_data_works_without(cli: Any, elsewhere: Path) -> None:
    run = elsewhere / "run"
    assert cli("front", run).code == 0
    picked = cli("pick", run, "--prefer", "acc=.5,params=.5", "--json")
    assert picked.code == 0, picked.err
    assert "without the data of this run" in picked.err
    key = json.loads(picked.out)["key"]
    for form in ("pt2", "safetensors", "onnx"):
        out = elsewhere / f"model.{form}"
        words = ("export", run, "--architecture", key, "--format", form, "--out", out)
        done = cli(*words)
        assert done.code == 0, done.err
        assert out.exists()
    asked = cli("predict", elsewhere / "model.onnx", "line ")
    assert asked.code == 0, asked.err
    assert asked.out.startswith("line ")
    report = cli("report", run, "--out", elsewhere / "report.html")
    assert report.code == 0, report.err
    assert key in (elsewhere / "report.html").read_text()


def test_training_says_what_it_lacks_and_how_it_is_recognised(cli: Any, elsewhere: Path) -> None:
    run = elsewhere / "run"
    stored = read(run)
    assert stored is not None
    told = cli("train", run, "--steps", "2")
    assert told.code == 2
    said = " ".join(told.err.split())
    for wanted in (
        "my words.txt", stored.record.summary, "/no/such/place/data/my words.txt", "--data PATH",
        "recognised by their contents", f"digest {stored.record.sources[0].digest[:12]}",
    ):  # fmt: skip
        assert wanted in said
    assert not (run / "trained").exists()
    resumed = cli("run", "--resume", elsewhere / "part")
    assert resumed.code == 2
    said = " ".join(resumed.err.split())
    assert "cannot go on without its data" in said
    assert "--data PATH" in said


def test_data_that_were_moved_are_named_once(cli: Any, home: Path, elsewhere: Path) -> None:
    run = elsewhere / "run"
    now = elsewhere / "other name [1].txt"
    shutil.copy(home / "data" / "my words.txt", now)
    words = ("train", run, "--steps", "1", "--batch-size", "2")
    assert cli(*words, "--data", now).code == 0
    assert cli("pick", run).err == ""  # remembered
    now.write_text(now.read_text().replace("line 1 ", "LINE 1 ", 1))
    changed = cli(*words, "--anew", "--data", now)
    assert changed.code == 2
    assert "1 lines changed (" in changed.err
    assert "leave out --data" in changed.err
    assert "without the data of this run (they have changed since" in cli("pick", run).err
    missing = cli("pick", run, "--data", elsewhere / "nothing.txt")
    assert missing.code == 2
    assert "there is no file or folder" in missing.err


def test_a_stopped_run_goes_on_with_moved_data(cli: Any, home: Path, elsewhere: Path) -> None:
    now = corpus(elsewhere / "here.txt")
    part = elsewhere / "part"
    assert json.loads(cli("front", part, "--json").out)["finished"] is False
    alone = cli("run", "--space", "gpt", "--data", now)
    assert alone.code == 2
    assert "add --resume DIR" in alone.err
    with pytest.raises(UsageError, match="resume=PATH"):
        monas.search("gpt", data=now, **SMALL)
    done = cli("run", "--resume", part, "--data", now, "--json")
    assert done.code == 0, done.err
    fronts = [(folder / "front" / "t4.json").read_bytes() for folder in (home / "run", part)]
    assert fronts[0] == fronts[1]


def stored(task: str, *given: str) -> StoredData:
    sources = tuple(Source(path, f"/old/{path}", "file", {}) for path in given)
    return StoredData(task, DataRecord(sources), tuple("" for _ in given))


@pytest.mark.parametrize(
    ("task", "given", "data", "wanted"),
    [
        ("text:a b.txt", ["a b.txt"], "/new/c,d.txt", "/new/c,d.txt"),
        ("text:a.txt", ["a.txt"], "text:/new/a.txt", "/new/a.txt"),
        ("module:my.py:task", ["my.py"], "/new/my.py", "/new/my.py:task"),
        ("module:my.py:task", ["my.py", ""], "/new/my.py", "/new/my.py:task"),
        ("parallel:x/a.en,a.de", ["x/a.en", "a.de"], "b.en,b.de", "b.en,b.de"),
        ("parallel:x/a.en,a.de", ["x/a.en", "a.de"], "FOLDER", "FOLDER/a.en,FOLDER/a.de"),
    ],
)
def test_paths_of_a_task_are_replaced(
    task: str, given: list[str], data: str, wanted: str, tmp_path: Path
) -> None:
    place = str(tmp_path)
    found = stored(task, *given).argument_at(data.replace("FOLDER", place))
    assert found == wanted.replace("FOLDER", place)


@pytest.mark.parametrize(
    ("task", "given", "data", "wanted"),
    [
        ("pystdlib", [""], "/new", "reads no data of yours"),
        ("parallel:a,b", ["a", "b"], "x", "reads 2 files and --data names 1"),
        ("parallel:a,b", ["a", "b"], "x,y,z", "names 3"),
    ],
)
def test_places_that_cannot_be_are_told(
    task: str, given: list[str], data: str, wanted: str
) -> None:
    with pytest.raises(UsageError, match=wanted):
        stored(task, *given).argument_at(data)


def test_the_name_of_an_only_file_is_no_change_and_that_of_a_class_is() -> None:
    def record(kind: str, *names: str) -> DataRecord:
        items = {name: Item("digest", 3) for name in names}
        return DataRecord((Source("given", "/path", kind, items),))

    assert not changes(record("file", "a.txt"), record("file", "b.txt"))
    assert changes(record("class", "cat"), record("class", "dog"))
    assert changes(record("file", "a.txt", "c.txt"), record("file", "b.txt", "c.txt"))
