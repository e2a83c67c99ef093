"""The examples of docs/devices.md are read as the page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.profiling.timings import read
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_devices.command import Command
from monas_devices.roofline import from_datasheet
from monas_devices.table import Table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "devices.md"


def example(kind: str, folder: Path) -> Path:
    (text,) = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = folder / f"example.{kind}"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def toy() -> Context:
    return Context(ToySpace(), ToyTask())


def test_figures(tmp_path: Path, toy: Context) -> None:
    device = from_datasheet(str(example("json", tmp_path)))
    assert device.name == "my-board"
    assert device.cost("latency_ms", toy.space.references()[:1], toy)[0].value > 0


def test_table(tmp_path: Path, catalog: Catalog) -> None:
    context = Context(catalog.create("space", "nasbench201", preset="small"))
    device = Table(str(example("yaml", tmp_path)))
    found = device.cost("latency_ms", context.space.references(), context)
    assert {round(v.value - 0.31, 9) for v in found} <= {0.0, 0.01, 0.12, 0.2, 0.55}


def test_program(tmp_path: Path, toy: Context) -> None:
    device = Command(f"{sys.executable} {example('python', tmp_path)}")
    (value,) = device.cost("latency_ms", toy.space.references()[:1], toy)
    flops = toy.workload(toy.space.references()[0]).total_flops
    assert value.value == pytest.approx((3.0 + flops / 1e6) / 1000)


def test_timings(tmp_path: Path) -> None:
    found = read(example("csv", tmp_path), ["0a1b2c3d4e5f", "b1b2c3d4e5f6"])
    assert found.samples["latency_ms"] == {"0a1b2c3d4e5f": [0.512], "b1b2c3d4e5f6": [0.83]}
