"""Every format gives the subnet's answers where there is no monas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, UsageError
from monas_core.export import check, formats
from monas_core.run import Run
from monas_core.values.architecture import Architecture

CATALOG = Catalog.installed()
NAMES = {"pt2": "model.pt2", "onnx": "model.onnx", "safetensors": "safetensors", "hf": "hf"}


def gpt(run: Run, *, heads: tuple[int, int] = (2, 2), ratios: tuple[int, int] = (2, 2)) -> Any:
    """Two layers of width 32 with biases."""
    answers = {"embed_dim": 32, "n_layer": 2, "bias": True}
    for layer in range(2):
        answers |= {f"n_head_{layer}": heads[layer], f"mlp_ratio_{layer}": ratios[layer]}
    return run.session.plan.space.choices.architecture(answers)


@pytest.fixture(scope="module")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with all formats and probes of several sizes, and the reports."""
    folder = tmp_path_factory.mktemp("models")
    architecture = gpt(run)
    network = run.load(architecture)
    reports = {form: run.export(architecture, form, folder / n) for form, n in NAMES.items()}
    tensors: dict[str, torch.Tensor] = {}
    probes: list[dict[str, Any]] = []
    for number, shape in enumerate([(1, 1), (1, 64), (5, 17), (2, 64)]):
        tokens = torch.randint(256, shape)
        with torch.no_grad():
            tensors |= {f"inputs.{number}": tokens, f"outputs.{number}": network(tokens)}
        probes.append({"inputs": f"inputs.{number}", "outputs": [f"outputs.{number}"]})
    save_file(tensors, folder / "probes.safetensors")
    (folder / "probes.json").write_text(json.dumps(probes))
    return folder, reports


def test_strangers_get_the_same_answers(
    exported: tuple[Path, dict[str, Any]], stranger: Callable[[Path], dict[str, float]]
) -> None:
    differences = stranger(exported[0])
    assert set(differences) == set(NAMES.values())
    assert max(differences.values()) <= 1e-4, differences


@pytest.mark.parametrize("form", NAMES)
def test_what_is_reported_of_an_export(exported: tuple[Path, dict[str, Any]], form: str) -> None:
    folder, reports = exported
    report = reports[form]
    assert report["check"]["max_difference"] <= report["check"]["tolerance"] == 1e-4
    assert report["weights"] == "inherited"
    written = [Path(name) for name in report["files"]]
    assert sum(path.stat().st_size for path in written) == report["bytes"]
    places = {folder / NAMES[form], folder / f"{NAMES[form]}.use"}
    assert all(places & {path, *path.parents} for path in written)
    assert all(path.stat().st_mode & 0o400 for path in written)
    if form != "hf":
        assert report["dynamic"] == {"batch": [1, None], "length": [1, 64]}
        assert report["inputs"] == [
            {"name": "tokens", "dtype": "int64", "shape": ["batch", "length"]}
        ]
    json.dumps(report)


def test_nothing_of_this_machine_is_in_the_files(exported: tuple[Path, dict[str, Any]]) -> None:
    here = str(Path(__file__).resolve().parents[2]).encode()
    for path in exported[0].rglob("*"):
        if path.is_file():
            assert here not in path.read_bytes(), path


def test_onnx_names_its_free_dimensions_and_is_timed(
    exported: tuple[Path, dict[str, Any]],
) -> None:
    import onnx

    folder, reports = exported
    graph = onnx.load(folder / "model.onnx").graph
    for value in (graph.input[0], graph.output[0]):
        sizes = [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        assert sizes[:2] == ["batch", "length"]
    latency = reports["onnx"]["latency"]
    assert latency["median_ms"] > 0
    assert latency["spread_ms"] >= 0
    assert latency["batch"] == 1


def test_the_plain_model_reads_well(exported: tuple[Path, dict[str, Any]]) -> None:
    folder = exported[0] / "safetensors"
    text = (folder / "model.py").read_text()
    assert "torch.ops" not in text, "every operation has a name that people read"
    assert "monas" not in text
    assert "# blocks.1.attention (Attention)" in text
    assert 'F.linear(gelu, w["blocks.0.mlp.down.weight"]' in text
    config = json.loads((folder / "config.json").read_text())
    assert config["architecture"]["choices"]["n_layer"] == 2
    assert config["weights"] == "inherited"
    assert config["task"] == "pystdlib"


def test_stock_class_names_the_layer_that_differs(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="layer 1 has MLP ratio 3 and layer 0 has 2"):
        run.export(gpt(run, ratios=(2, 3)), "hf", tmp_path / "a")
    with pytest.raises(UsageError, match="layer 1 has attention heads 1 and layer 0 has 4"):
        run.export(gpt(run, heads=(4, 1)), "hf", tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["pt2", "safetensors"])
def test_other_answers_are_an_error_and_leave_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(check, "TOLERANCE", -1.0)
    with pytest.raises(MonasError, match=f"The {form} export of .* differs from the subnet by 0"):
        run.export(gpt(run), form, tmp_path / "deep" / "model")
    assert not list((tmp_path / "deep").iterdir())


def test_a_taken_path_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(UsageError, match="already exists; remove it or choose another --out"):
        run.export(gpt(run), "pt2", tmp_path / "model")
    assert (tmp_path / "model").read_text() == "mine"


def test_formats_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r'No format "onxx"\. Did you mean "onnx"'):
        formats.find(CATALOG, "onxx")
    with pytest.raises(UsageError, match=r"Known: pt2, onnx, safetensors, hf, gguf\."):
        formats.find(CATALOG, "qqqqqq")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for form, package in (("onnx", "onnx"), ("hf", "transformers")):
        wanted = rf"needs the package {package}; install it: pip install 'monas\[{form}\]'"
        with pytest.raises(UsageError, match=wanted):
            formats.find(CATALOG, form)
    formats.find(CATALOG, "pt2")


def test_a_subnet_can_be_meant_in_four_ways(run: Run) -> None:
    member = run.front("raspberry-pi-4").members[0]
    architecture = run.architecture(member)
    assert isinstance(architecture, Architecture)
    for which in (architecture, member.architecture, member.key, member.key[:9]):
        assert run.architecture(which) == architecture
    with pytest.raises(UsageError, match=r'knows no architecture "ffff"; keys are in the last'):
        run.architecture("ffff")
    with pytest.raises(UsageError, match=r'Several architectures begin with ""|knows no'):
        run.architecture("")


def test_a_run_shows_itself(run: Run) -> None:
    assert "space='gpt'" in repr(run)
    html = run._repr_html_()
    assert html.startswith("<div>")
    assert "raspberry-pi-4" in html
    assert "best lat [ms]" in html
