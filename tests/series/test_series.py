"""Recorded series: read as they are, split by recording, refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from monas_core.errors import UsageError
from monas_core.testing import contracts
from monas_series import use_series, watch
from monas_series.options import SeriesOptions
from monas_series.recordings import PARTS
from monas_series.series import load
from monas_series.table import read
from monas_series.task import SeriesClassification, SeriesRegression

SHORT = SeriesOptions(window=20)


def rows(label: str, count: int, seed: int) -> list[list[str]]:
    """Two columns that swing slowly or fast, by class, with some noise."""
    draw = np.random.default_rng(seed)
    pace = {"slow": 0.1, "fast": 0.6}[label]
    steps = np.arange(count)
    waves = np.stack([np.sin(pace * steps), np.cos(pace * steps)], 1)
    noisy = 3.0 + waves + 0.1 * draw.standard_normal(waves.shape)
    return [[f"{a:.4f}", f"{b:.4f}", label] for a, b in noisy]


def write_labelled(path: Path, recordings: int = 10, count: int = 60, sign: str = ",") -> Path:
    """A table of recordings, half of each class."""
    lines = [["x", "y", "label", "recording"]]
    for number in range(recordings):
        found = rows(("slow", "fast")[number % 2], count, number)
        lines += [[*row, f"r{number}"] for row in found]
    path.write_text("\n".join(sign.join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def write_lags(path: Path, rows: int = 3000, seed: int = 0) -> Path:
    """One series whose target is a sum of what it was 4, 8 and 12 steps ago."""
    x = np.random.default_rng(seed).standard_normal(rows).astype(np.float32)
    past = {lag: np.concatenate([np.zeros(lag, np.float32), x[:-lag]]) for lag in (4, 8, 12)}
    target = past[4] - 0.7 * past[8] + 0.5 * past[12]
    lines = [f"{a:.5f},{b:.5f}" for a, b in zip(x, target, strict=True)]
    path.write_text("x,target\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestOwnTable(contracts.TaskContract):
    """A table of a person is a task like any other."""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> SeriesClassification:
        path = write_labelled(tmp_path_factory.mktemp("table") / "own.csv", 15)
        task = load(str(path), options=SHORT)
        assert isinstance(task, SeriesClassification)
        return task


class TestOwnTarget(contracts.TaskContract):
    """So is one with a target."""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> SeriesRegression:
        path = write_lags(tmp_path_factory.mktemp("table") / "lags.csv")
        task = load(str(path), options=SHORT)
        assert isinstance(task, SeriesRegression)
        return task


def test_no_recording_is_in_two_parts(tmp_path: Path) -> None:
    lines = ["recording,x,label"]
    for number in range(12):  # x names the recording
        lines += [f"r{number},{number}.0,{'ab'[number % 2]}"] * 30
    (tmp_path / "t.csv").write_text("\n".join(lines))
    task = load(str(tmp_path / "t.csv"), options=SHORT)
    mean, deviation = (task._material.shown[name][0] for name in ("mean", "deviation"))
    seen = {}
    for part in PARTS:
        inputs = task.batch(part, 400, torch.Generator().manual_seed(0)).inputs
        seen[part] = {round(float(v)) for v in (inputs * deviation + mean).unique()}
    assert set().union(*seen.values()) == set(range(12))
    assert sum(map(len, seen.values())) == 12
    assert all(any(n % 2 == kind for n in found) for found in seen.values() for kind in (0, 1))


def test_windows_never_cross_a_break(tmp_path: Path) -> None:
    """Neither from one recording to the next nor from one class to another."""
    lines = ["recording,x,label"]
    for number in range(9):
        lines += [f"r{number},{2 * number}.0,a"] * 25 + [f"r{number},{2 * number + 1}.0,b"] * 25
    (tmp_path / "t.csv").write_text("\n".join(lines))
    task = load(str(tmp_path / "t.csv"), options=SeriesOptions(window=20, stride=1))
    for part in PARTS:
        batch = task.batch(part, 200, torch.Generator().manual_seed(0))
        assert (batch.inputs == batch.inputs[:, :, :1]).all()
    assert task.record().parts == {"train": 60, "search": 24, "test": 24}


def test_every_file_of_a_folder_is_a_recording(tmp_path: Path) -> None:
    for number in range(6):
        write_labelled(tmp_path / f"{number}.csv", 2, 40)
        text = (tmp_path / f"{number}.csv").read_text().replace("recording", "kept")
        (tmp_path / f"{number}.csv").write_text(text)
    task = load(str(tmp_path), options=SeriesOptions(window=20, columns="x,y"))
    assert task.describe()["recordings"] == {"train": 4, "search": 1, "test": 1}
    assert task.describe()["columns"] == "x, y"


def test_a_single_recording_is_cut_into_blocks(tmp_path: Path) -> None:
    task = load(str(write_lags(tmp_path / "lags.csv")), options=SHORT)
    assert "one recording" in str(task.describe()["notes"])
    assert all(count > 10 for count in task.record().parts.values())


def test_a_target_is_told_in_its_own_unit(tmp_path: Path) -> None:
    task = load(str(write_lags(tmp_path / "lags.csv")), options=SHORT)
    assert isinstance(task, SeriesRegression)
    x_mean, x_deviation = (task._material.shown[name][0] for name in ("mean", "deviation"))

    def model(inputs: torch.Tensor) -> torch.Tensor:
        x = inputs[:, 0] * x_deviation + x_mean
        told = x[:, -5] - 0.7 * x[:, -9] + 0.5 * x[:, -13]
        return ((told - task.mean) / task.deviation)[:, None]

    scores = task.evaluate(model, "test")
    assert scores["root mean square error"] < 1e-3
    assert scores["R2"] > 0.999
    zero = task.evaluate(lambda x: torch.zeros(len(x), 1), "test")
    assert zero["root mean square error"] == pytest.approx(1.31, abs=0.3)  # of 1 + 0.49 + 0.25


def test_parquet_and_semicolons_are_read_alike(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = read(write_labelled(tmp_path / "a.csv", sign=";"), "test")
    cells = {name: table.numbers(name) for name in "xy"}
    texts = {name: table.texts(name) for name in ("label", "recording")}
    pq.write_table(pa.table({**cells, **texts}), tmp_path / "b.parquet")
    one, two = (load(str(tmp_path / n), options=SHORT) for n in ("a.csv", "b.parquet"))
    for part in PARTS:
        left, right = (t.batch(part, 9, torch.Generator().manual_seed(1)) for t in (one, two))
        assert torch.equal(left.inputs, right.inputs)
        assert torch.equal(left.targets, right.targets)


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        (lambda t: t.replace("label", "kind"), {}, 'no column "label"'),
        (lambda t: t, {"label": "lable"}, 'no column "lable".*label'),
        (lambda t: t, {"columns": "x,z"}, 'no column "z"'),
        (lambda t: t, {"columns": "x,label"}, "asked for twice"),
        (lambda t: t.replace("slow,r0", ",r0", 1), {}, r'line 2: column "label" is empty'),
        (lambda t: "x,y,label\n1,2,a\n1,oops,a\n", {}, r'line 3: column "y" is "oops"'),
        (lambda t: "x,y,label\n1,2,a\n\n1,,a\n", {}, r'line 4: column "y" is empty'),
        (lambda t: "x,y,label\n1,nan,a\n", {}, r'line 2: column "y" is "nan"'),
        (lambda t: "x,label\n1,a\n1,a,b\n", {}, r"line 3: 3 cells, the header names 2"),
        (lambda t: t, {"window": 100}, "0 of 10 recordings have options.task.window=100"),
        (lambda t: t.replace("fast", "slow"), {}, 'every window is of class "slow"'),
        (lambda t: t[: t.rindex("r2") + 2], {}, "class .* is in 1 of 3 recordings"),
        (lambda t: "", {}, "is empty"),
        (lambda t: "1,2\n3,4\n", {}, "numbers alone"),
        (lambda t: "x,x,label\n1,2,a\n", {}, 'two columns "x"'),
        (lambda t: "x,label\n", {}, "no rows"),
        (lambda t: "label\na\n", {}, "no column that a network could see"),
        (lambda t: "x,target\n" + "1,5\n" * 400, {}, "target .* is 5 in every window"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, change: Callable[[str], str], options: dict[str, Any], told: str
) -> None:
    path = write_labelled(tmp_path / "own.csv")
    path.write_text(change(path.read_text()))
    with pytest.raises(UsageError, match=told) as refused:
        load(str(path), options=SeriesOptions(**{"window": 20, **options}))
    assert "\n" not in str(refused.value)


def test_paths_and_bytes_that_are_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "b.csv").write_bytes(b"x,label\n\xff\xfe,a\n")
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    for name, told in [
        ("nothing.csv", "there is no file"),
        ("a.png", "no table"),
        ("b.csv", "UTF-8"),
        ("c.parquet", "no readable parquet"),
        ("empty", "holds no table"),
    ]:
        with pytest.raises(UsageError, match=told):
            load(str(tmp_path / name))
    with pytest.raises(UsageError, match="has its own columns"):
        load(options=SeriesOptions(label="x"))
    with pytest.raises(UsageError, match="give one of them"):
        SeriesOptions(label="a", target="b")


def test_without_its_package_the_own_data_name_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'monas\[series\]'"):
        watch.load()


def test_only_plain_arrays_are_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "watch_dataset.npy"
    np.save(file, np.array({"X": Path("/")}, dtype=object), allow_pickle=True)
    place = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: place)
    with pytest.raises(UsageError, match="is no plain array"):
        watch.load()


def test_a_stranger_prepares_rows_as_the_task_does(tmp_path: Path) -> None:
    path = write_labelled(tmp_path / "own.csv", 10)
    task = load(str(path), options=SHORT)
    usage = task.usage()
    seen: list[bytes] = []

    def model(inputs: Any) -> Any:
        seen.append(np.asarray(inputs).tobytes())
        return np.array([[0.0, 4.0]])

    (told,) = use_series.predict(model, [str(path)], usage.facts, tmp_path)
    assert told["answer"] == "slow"  # classes are in order of name
    batch = task.batch("train", 50, torch.Generator().manual_seed(0)).inputs
    assert {one.numpy().tobytes() for one in batch} <= set(seen)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match='no column "x"'):
        use_series.predict(model, [str(tmp_path / "other.csv")], usage.facts, tmp_path)


def test_a_stranger_gets_numbers_in_their_unit(tmp_path: Path) -> None:
    path = write_lags(tmp_path / "lags.csv", 400)
    usage = load(str(path), options=SHORT).usage()
    (told,) = use_series.predict(lambda x: np.array([[2.0]]), [str(path)], usage.facts, tmp_path)
    expected = 2 * usage.facts["target_deviation"] + usage.facts["target_mean"]
    assert told["answer"] == pytest.approx(expected)
