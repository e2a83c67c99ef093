"""What a network of one's own costs, from every form it may come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from monas_core.answers.given import load, onnx_workload
from monas_core.catalog.lookup import Catalog
from monas_core.cli.main import main
from monas_core.errors import MonasError, UsageError
from monas_core.parts.context import Context
from monas_core.profiling import onnx_model
from monas_core.profiling.kit import collect
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.tracing.workload import trace

Command = Callable[..., tuple[int, str, str]]

SCRIPT = """
import torch
from torch import nn

def small():
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, groups=16)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 30 * 30, 10))

def whole():
    return small(), torch.zeros(1, 3, 32, 32)

def number():
    return 3
"""


def small() -> nn.Module:
    scope: dict[str, Callable[[], nn.Module]] = {}
    exec(SCRIPT, scope)
    return scope["small"]()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
def monas(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture
def board(tmp_path: Path, catalog: Catalog) -> Path:
    """A profile of a modelled board on the smallest space there is."""
    context = Context(
        catalog.create("space", "gpt", preset="tiny"),
        catalog.create("task", "pystdlib", argument=None),
    )
    references = ReferenceSet.of(context)
    found = catalog.create("device", "raspberry-pi-5").cost(
        "latency_ms", references.architectures, context
    )
    rows = [f"{k},{v.value}" for k, v in zip(references.keys, found, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["model,latency_ms", *rows]))
    facts = {"processor": "B", "runtime": "r", "precision": "fp32", "batch": 1, "threads": None}
    made = collect(tmp_path / "t.csv", context, {"name": "board", "kind": "edge", **facts})
    made.write(tmp_path / "board.json")
    return tmp_path / "board.json"


def test_every_form_of_a_network_counts_the_same(folder: Path) -> None:
    pytest.importorskip("onnxscript")
    network, inputs = small().eval(), torch.zeros(1, 3, 32, 32)
    true = trace(small().to("meta"), inputs)
    torch.export.save(torch.export.export(network, (inputs,)), folder / "net.pt2")
    onnx_model.write(network, inputs, folder / "net.onnx")
    forms = [
        load(f"{folder}/net.py:whole", []),
        load(f"{folder}/net.py:small", ["1x3x32x32"]),
        load(f"{folder}/net.pt2", []),
        load(f"{folder}/net.onnx", []),
    ]
    for given in forms:
        found = given.workload
        assert found.parameters == true.parameters, given.name
        assert found.total_flops == true.total_flops, given.name
        assert found.depths is not None
        assert true.depths is not None
        assert found.depths[found.flops > 0].tolist() == true.depths[true.flops > 0].tolist()
        assert found.elements.sum() == pytest.approx(float(true.elements.sum()), rel=0.1)
        assert found.peak_elements == pytest.approx(true.peak_elements, rel=0.05)


def test_costs_on_devices_with_origins(folder: Path, monas: Command) -> None:
    code, out, _ = monas(
        "cost", f"{folder}/net.py:whole", "--devices", "t4,host,stm32h743", "--json"
    )
    assert code == 0
    document = json.loads(out)
    rows = {row["device"]: row for row in document["devices"]}
    assert document["params"] == sum(p.numel() for p in small().parameters())
    assert rows["t4"]["values"]["latency_ms"]["origin"] == "modelled"
    assert rows["host"]["values"]["latency_ms"]["origin"] == "measured"
    assert rows["t4"]["fits"]
    assert rows["stm32h743"]["values"]["latency_ms"]["value"] > 0
    code, out, _ = monas("cost", f"{folder}/net.py:whole", "--devices", "t4,stm32h743")
    assert code == 0
    assert "modelled" in out


def test_a_network_too_large_for_a_device_is_marked(folder: Path, monas: Command) -> None:
    (folder / "big.py").write_text(
        "import torch\ndef big(): return torch.nn.Linear(1200, 2000), torch.zeros(1, 1200)\n"
    )
    code, out, _ = monas("cost", f"{folder}/big.py:big", "--devices", "stm32h743,t4")
    assert code == 0
    assert "no: it has 1 MB" in out


def test_a_measured_board_predicts(folder: Path, monas: Command, board: Path) -> None:
    code, out, _ = monas("cost", f"{folder}/net.py:whole", "--devices", board, "--json")
    assert code == 0
    (row,) = json.loads(out)["devices"]
    assert row["device"] == "board"
    assert row["values"]["latency_ms"]["origin"] == "predicted"
    assert row["values"]["latency_ms"]["value"] > 0


@pytest.mark.parametrize(
    ("network", "inputs", "told"),
    [
        ("absent.onnx", [], "There is no file"),
        ("net.py", [], "is no network"),
        ("net.py:number", [], "must return a torch module"),
        ("net.py:nothing", [], "fails: AttributeError"),
        ("net.py:small", [], "brings no inputs"),
        ("net.py:small", ["1x3xq"], "is not understood"),
        ("net.py:small", ["1x3x9x9"], "cannot be counted"),
        ("bad.pt2", [], "is no program of torch.export"),
        ("bad.onnx", [], "is no ONNX file"),
    ],
)
def test_what_cannot_be_costed_is_told(
    folder: Path, network: str, inputs: list[str], told: str
) -> None:
    for name in ("bad.pt2", "bad.onnx"):
        (folder / name).write_bytes(b"nothing of the kind")
    with pytest.raises(MonasError, match=told):
        load(f"{folder}/{network}", inputs)
    with pytest.raises(UsageError):
        onnx_workload(folder / "bad.onnx")
