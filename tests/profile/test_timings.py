"""Tables of timings in the shapes people have them, and timings that cannot be."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.profiling.kit import collect
from monas_core.profiling.plausibility import judge
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.profiling.timings import read
from monas_core.run import Run

KEYS = ("0a1b2c3d4e5f", "a1b2c3d4e5f6", "b2c3d4e5f607")
TIMES = (0.5, 1.25, 1234.5)  # ms
RIGHT = {key: [pytest.approx(time)] for key, time in zip(KEYS, TIMES, strict=True)}

MODELS = (
    "{}",
    "{}.onnx",
    "{}.TFLITE",
    "/data/local/tmp/kit/{}.onnx",
    r"C:\kit\{}.quant.tflite",
    "{}_int8.tflite",
)
HEADS = (
    ("model", "latency_ms", 1.0),
    ("Model", "Latency (ms)", 1.0),
    ("Network", "mean latency [us]", 1e3),
    ("FILE", "inference time (s)", 1e-3),
    ("model name", "Latency_usec", 1e3),
)
NUMBERS = {
    "point": (",", "{:.7g}"),
    "semicolon": (";", "{:.7g}"),
    "semicolon, comma": (";", "{:.7f}"),
    "tab": ("\t", "{:.7g}"),
    "tab, comma": ("\t", "{:.7f}"),
}


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_shapes_of_tables(tmp_path: Path) -> None:
    """Names, titles, separators, decimal signs, line ends and encodings, in all combinations."""
    encodings = itertools.cycle(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    for model, (head, title, factor), style in itertools.product(MODELS, HEADS, NUMBERS):
        separator, form = NUMBERS[style]
        lines = ["# made by hand; with notes, too", separator.join((head, title, "note"))]
        for key, time in zip(KEYS, TIMES, strict=True):
            number = form.format(factor * time)
            number = number.replace(".", ",") if "comma" in style else number
            lines += [separator.join((model.replace("{}", key), number, "ok")), ""]
        path = written(tmp_path, "\r\n".join(lines), next(encodings))
        found = read(path, KEYS)
        assert found.samples == {"latency_ms": RIGHT}, (model, title, style)
        assert found.ignored == ("note",)


@pytest.mark.parametrize(
    "cells",
    [
        ("0.5 ms", "1250us", "1.2345 s"),
        ("500 µs", "1.25ms", "1234.5 ms"),
        ('"0,5 ms"', '"1,25 ms"', '"1.234,5 ms"'),
        ('"0.5 ms"', "1.25 msec", '"1,234.5 ms"'),
        ("5e-4 s", "1.25e-3 s", "1.2345e0 s"),
    ],
)
def test_units_in_cells(tmp_path: Path, cells: tuple[str, ...]) -> None:
    rows = "".join(f"{key},{cell}\n" for key, cell in zip(KEYS, cells, strict=True))
    assert read(written(tmp_path, "model,Latency\n" + rows), KEYS).samples["latency_ms"] == RIGHT


def test_other_costs_and_statistics(tmp_path: Path) -> None:
    table = "model,latency_ms,latency_std_ms,p95 latency (ms),energy (J),RAM [kB],temp_c\n"
    table += f"{KEYS[0]},2,0.1,3,0.5,800,41\n"
    found = read(written(tmp_path, table), KEYS)
    assert found.samples == {
        "latency_ms": {KEYS[0]: [2.0]},
        "energy_mj": {KEYS[0]: [pytest.approx(500.0)]},
        "memory_mb": {KEYS[0]: [pytest.approx(0.8)]},
    }
    assert found.ignored == ("latency_std_ms", "p95 latency (ms)", "temp_c")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("model,latency\nKEY,3\n", 'line 2: latency is "3" without a unit'),
        ("model,latency (MB)\nKEY,3\n", "measured in ms"),
        ("model,latency_ms\nKEY,3 MB\n", "measured in ms"),
        ('model,latency_ms\nKEY,"1,234"\n', "may be a thousand or a fraction"),
        ("model,latency_ms,time_us\nKEY,3,3000\n", "several columns for latency_ms"),
        ("model,latency_ms\nKEY,inf\n", 'is "inf"'),
        ("\0\1\2", "is no table of text"),
        ("# only notes\n", r"columns \(none\)"),
    ],
)
def test_what_is_ambiguous_is_told(tmp_path: Path, table: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(written(tmp_path, table.replace("KEY", KEYS[0])), KEYS)


Times = tuple[list[str], list[float]]


@pytest.fixture(scope="module")
def board_times(run: Run, catalog: Catalog) -> Times:
    """What a modelled board would take, by network."""
    context = run.session.context
    references = ReferenceSet.of(context)
    device = catalog.create("device", "raspberry-pi-5")
    found = device.cost("latency_ms", references.architectures, context)
    return references.keys, [value.value for value in found]


FACTS: dict[str, Any] = {
    "name": "b",
    "processor": "B",
    "runtime": "r",
    "precision": "fp32",
    "batch": 1,
    "threads": None,
    "kind": "edge",
}


def collected(folder: Path, run: Run, rows: list[tuple[str, float]]) -> dict[str, Any]:
    text = "model,latency_ms\n" + "".join(f"{key},{time!r}\n" for key, time in rows)
    return dict(collect(written(folder, text), run.session.context, FACTS).notes)


def test_believable_timings_pass_in_silence(tmp_path: Path, run: Run, board_times: Times) -> None:
    noise = np.random.default_rng(0)
    for scale in (0.2, 1.0, 30.0):
        rows = [
            (key, float(scale * time * noise.lognormal(0.0, 0.03)))
            for key, time in zip(*board_times, strict=True)
            for _ in range(3)
        ]
        notes = collected(tmp_path, run, rows)
        assert "warnings" not in notes
        assert notes["left-out error"]["latency_ms"] < 0.1


def test_timings_that_cannot_be_are_warned_of(tmp_path: Path, run: Run, board_times: Times) -> None:
    keys, times = board_times
    chance = np.random.default_rng(1)
    pairs = list(zip(keys, times, strict=True))
    kinds: dict[str, tuple[list[tuple[str, float]], str]] = {
        "random": ([(k, float(chance.uniform(0.1, 50))) for k in keys], "does not follow"),
        "reversed": ([(k, 1.0 / t) for k, t in pairs], "does not follow"),
        "seconds as ms": ([(k, t / 1000) for k, t in pairs], "are these seconds"),
        "us as ms": ([(k, t * 1e6) for k, t in pairs], "are these microseconds"),
        "outliers": (
            [(k, t * factor) for k, t in pairs for factor in (1.0, 1.02, 30.0)],
            f"{len(keys)} repetitions of latency_ms are more than 3 times",
        ),
    }
    for name, (rows, told) in kinds.items():
        notes = collected(tmp_path, run, rows)
        assert told in " ".join(notes["warnings"]), name
        assert "latency_ms" in notes["left-out error"]


def test_one_network_alone_says_nothing(run: Run) -> None:
    context = run.session.context
    workload = context.workload(context.space.references()[0])
    verdict = judge({"latency_ms": [3.0]}, [workload], {})
    assert not verdict.error
    assert not verdict.warnings
