"""A device without Python: networks out as ONNX, timings back from a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from torch.utils._pytree import tree_flatten

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.profiling.kit import collect, emit, read_manifest
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.testing.fakes import ToySpace, ToyTask

FACTS: dict[str, Any] = {
    "name": "phone",
    "processor": "Phone 1",
    "runtime": "a runtime",
    "precision": "fp32",
    "batch": 1,
    "threads": None,
    "kind": "phone",
}


@pytest.fixture(scope="module")
def few() -> Context:
    """A space of few references, since each export takes a moment."""
    space = ToySpace.tiny()
    found = space.references()[:2]
    space.references = lambda: found
    return Context(space, ToyTask())


@pytest.fixture(scope="module")
def kit(few: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnxscript")
    return emit(few, tmp_path_factory.mktemp("kit") / "models", 1, lambda _: None)


def table(path: Path, *rows: tuple[Any, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return path


def test_timings_of_the_emitted_networks_come_back(few: Context, kit: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    manifest = json.loads(kit.read_text())
    inputs = [leaf.numpy() for leaf in tree_flatten(few.example())[0]]
    assert [list(array.shape) for array in inputs] == [i["shape"] for i in manifest["inputs"]]
    rows: list[tuple[Any, ...]] = [("model", "latency_us", "energy_mj")]
    for number, model in enumerate(manifest["models"], start=1):
        session = onnxruntime.InferenceSession(str(kit.parent / model["file"]))
        names = [item["name"] for item in manifest["inputs"]]
        assert session.run(None, dict(zip(names, inputs, strict=True)))
        rows += [(model["file"], 900.0 * number + extra, 2.0 * number) for extra in (0, 100, 200)]
    made = collect(table(tmp_path / "t.csv", *rows), few, FACTS)
    made.require(ReferenceSet.of(few))
    assert made.digest == manifest["digest"]
    latency = made.metrics["latency_ms"]
    assert latency.median == pytest.approx((1.0, 1.9))
    assert latency.spread == pytest.approx((0.1, 0.1))
    assert made.metrics["energy_mj"].median == (2.0, 4.0)


def test_one_row_per_network_has_no_spread(few: Context, tmp_path: Path) -> None:
    keys = ReferenceSet.of(few).keys
    path = table(tmp_path / "t.csv", ("model", "latency_ms"), *((key, 2) for key in keys))
    assert collect(path, few, FACTS).metrics["latency_ms"].spread == (None, None)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("colour", "latency_ms")], "it needs model and at least one cost"),
        ([], r"columns \(none\)"),
        ([("model", "latency"), ("KEY", 1)], 'latency is "1" without a unit'),
        ([("model", "latency_mj")], "measured in ms"),
        ([("model", "latency_ms"), ("KEY", 0)], r'line 2: latency_ms is "0"; a cost must be'),
        ([("model", "latency_ms"), ("KEY", "-3")], 'is "-3"'),
        ([("model", "latency_ms"), ("KEY", "nan")], 'is "nan"'),
        ([("model", "latency_ms"), ("KEY", "fast")], 'is "fast"'),
        ([("model", "latency_ms"), ("stranger", 1)], 'line 2: "stranger" is no reference network'),
        ([("model", "latency_ms"), ("KEY", 1)], "no latency_ms for 1 of 2 reference networks"),
    ],
)
def test_tables_that_cannot_be_are_told(
    few: Context, tmp_path: Path, rows: list[tuple[Any, ...]], told: str
) -> None:
    key = ReferenceSet.of(few).keys[0]
    named = [tuple(key if cell == "KEY" else cell for cell in row) for row in rows]
    with pytest.raises(UsageError, match=told):
        collect(table(tmp_path / "t.csv", *named), few, FACTS)


def test_a_used_folder_and_a_damaged_manifest_are_told(
    few: Context, kit: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is already used"):
        emit(few, kit.parent, 1, lambda _: None)
    short = tmp_path / "manifest.json"
    short.write_text(kit.read_text()[:100])
    with pytest.raises(UsageError, match="is damaged"):
        read_manifest(short)
    short.write_text('{"space": 1, "preset": "", "task": "", "digest": ""}')
    with pytest.raises(UsageError, match="is damaged"):
        read_manifest(short)
