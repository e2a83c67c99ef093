"""Blocks of an architecture, errors of predictions, curves."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from monas_core import report
from monas_core.report.accuracy import origins
from monas_core.report.blueprint import blueprint, observed
from monas_core.report.content import as_script
from monas_core.report.history import Curve
from monas_core.values.member import Member, prediction_error

ASSETS = Path(report.__file__).parent / "assets"


def row(name: str, group: str | None = None) -> dict:
    return {"name": name, "options": [1, 2], "ordered": True, "condition": None, "group": group}


def labels(rows) -> dict[str, list[str]]:
    return {b["title"]: [c["label"] for c in b["choices"]] for b in blueprint(rows)}


def test_blocks_are_those_the_space_names() -> None:
    rows = [
        row("width"),
        row("n_head_0", "layer 0"),
        row("ratio_0", "layer 0"),
        row("n_head_1", "x"),
    ]
    assert labels(rows) == {"network": ["width"], "layer 0": ["n head", "ratio"], "x": ["n head"]}


def test_labels_leave_out_what_the_title_says() -> None:
    rows = [row("encoder_ffn_0", "encoder layer 0"), row("encoder_heads_0", "encoder layer 0")]
    assert labels(rows) == {"encoder layer 0": ["ffn", "heads"]}


def test_numbers_tell_blocks_apart_otherwise() -> None:
    rows = [row("kernel_0_1"), row("expand_0_1"), row("kernel_1_0"), row("size")]
    assert labels(rows) == {
        "block 0.1": ["kernel", "expand"],
        "block 1.0": ["kernel"],
        "network": ["size"],
    }


def test_choices_that_differ_in_numbers_alone_keep_them() -> None:
    assert labels([row("edge_0_2", "node 2"), row("edge_1_2", "node 2")]) == {
        "node 2": ["edge 0 2", "edge 1 2"]
    }


def test_observed_options() -> None:
    members = [
        Member("", {"choices": {"width": 64, "kind": "b", "flag": True}}, {}),
        Member("", {"choices": {"width": 32, "kind": "a", "flag": False}}, {}),
    ]
    width, kind, flag = observed(members, {"kind": ["width", [64]]})
    assert (width["options"], width["ordered"], width["condition"]) == ([32, 64], True, None)
    assert (kind["options"], kind["ordered"]) == (["a", "b"], False)
    assert kind["condition"] == {"choice": "width", "options": [64]}
    assert flag["ordered"] is False


def test_median_error_and_origins() -> None:
    members = [
        Member("", {}, {"lat": 2.0}, predicted={"lat": guess}, origin={"lat": origin})
        for guess, origin in [(2.2, "measured"), (1.0, "measured"), (2.0, "modelled")]
    ]
    assert prediction_error(members, "lat") == pytest.approx(0.1)
    assert origins(members, "lat") == {"measured": 2, "modelled": 1}
    assert prediction_error([Member("", {}, {"lat": 1.0})], "lat") is None


def test_thinned_curves_keep_their_ends() -> None:
    curve = Curve([float(i) for i in range(5000)], [i / 5000 for i in range(5000)])
    thin = curve.thinned(100)
    assert len(thin.seconds) == len(thin.values) == 100
    assert (thin.seconds[0], thin.seconds[-1]) == (0.0, 4999.0)
    assert thin.seconds == sorted(set(thin.seconds))


def test_script_values_cannot_end_their_element() -> None:
    assert "<" not in as_script({"a": "</script>&"})
    assert as_script([float("nan"), 1.0]) == "[null,1.0]"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_does_not_fit_into_memory_is_told_in_the_table() -> None:
    """The script of the page itself, on a front where one network of two fits."""
    script = "\n".join((ASSETS / f"{name}.js").read_text() for name in ("plots", "table"))
    before = """
    const names = [], number = (x) => String(x);
    const over = { key: "a", origin: {}, exceeds_memory: { needs_mb: 2.4, has_mb: 1 } };
    const fits = { key: "b", origin: {} };
    let now = [over, fits];
    const frontNow = () => ({ members: now });
    const content = { objectives: [], summaries: {}, fronts: {}, devices: [] };
    """
    after = """
    const told = columns().find((column) => column.id === "memory");
    const found = now.map((member) => told.value(member));
    now = [fits];
    console.log(JSON.stringify([found, columns().map((column) => column.id)]));
    """
    done = subprocess.run(
        ["node", "-e", before + script + after], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found, without = json.loads(done.stdout)
    assert found == ["needs 2.4 MB of memory, there are 1", ""]
    assert "memory" not in without
