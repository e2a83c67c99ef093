from __future__ import annotations

import io
import json

import attrs
import pytest
from rich.console import Console

from monas_core.ui.doctorpage import print_report
from monas_core.ui.fronttable import front_table, print_member
from monas_core.ui.infopage import print_info
from monas_core.ui.summary import print_summary
from monas_core.values.member import Front, Member, ObjectiveView, prediction_error

OBJECTIVES = [ObjectiveView("acc", "bit/byte", "min"), ObjectiveView("lat", "ms", "min")]


def member(acc, lat, **more):
    return Member(
        architecture={"space": "s", "version": 1, "choices": {"depth": 1, "heads_1": 4}},
        key="0123456789ab",
        values={"acc": acc, "lat": lat},
        origin={"acc": "measured", "lat": "modelled"},
        **more,
    )


def front(device="host", **more):
    known = Front(
        space="s",
        device=device,
        held_out=False,
        objectives=tuple(OBJECTIVES),
        reference_point=(3.0, 9.0),
        ideal_point=(1.0, 2.0),
        hypervolume=0.61234,
        members=(member(1.5, 8.0), member(2.5, 3.0, predicted={"lat": 3.3})),
    )
    return attrs.evolve(known, **more)


def page(draw, width=100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    draw(console)
    return console.file.getvalue()  # pyright: ignore


@pytest.fixture
def result(tmp_path):
    documents = [front(), front("phone", held_out=True)]
    devices = {}
    (tmp_path / "front").mkdir()
    for document in documents:
        path = tmp_path / "front" / f"{document.device}.json"
        path.write_text(json.dumps(document.to_json()))
        devices[document.device] = {"hypervolume": 0.6, "members": 2, "front": str(path)}
    (tmp_path / "front.png").write_bytes(b"")
    return {"run": str(tmp_path), "devices": devices, "seconds": {"search": 62.0}}


def test_summary_tells_the_outcome_the_files_and_what_is_next(result):
    shown = page(lambda console: print_summary(result, console), 200)
    for wanted in (
        "host",
        "phone held out",
        "0.612",
        "1.500 ●",
        "3.000 ○",
        "10.0%",
        "measured",
        "modelled",
        "search 1:02",
        "front.png",
        "DEVICE.json",
        "--prefer acc=.7,lat=.3",
        "$ monas report",
        "--max lat=",
        "In words",
    ):
        assert wanted in shown, wanted


def test_summary_fits_a_narrow_terminal(result):
    shown = page(lambda console: print_summary(result, console), 80)
    assert "median error of what was predicted: lat 10.0%" in shown
    table, _, _ = shown.partition("●  measured")
    assert "…" not in table


def test_summary_survives_lost_front_files(result, tmp_path):
    for path in (tmp_path / "front").iterdir():
        path.write_text("{")
    assert str(tmp_path) in page(lambda console: print_summary(result, console), 200)


def test_prediction_error_is_the_median_relative_one():
    members = [
        member(1, 2, predicted={"lat": 3}),
        member(1, 4, predicted={"lat": 4.4}),
        member(1, 1),
    ]
    assert prediction_error(members, "lat") == pytest.approx(0.3)
    assert prediction_error(members, "acc") is None


@pytest.mark.parametrize("width", [80, 120, 200])
def test_front_table_has_units_origins_and_only_active_choices(width):
    conditions = {"heads_1": ["depth", [2]]}
    extra = {"perplexity": 7.25}
    document = front(members=(member(1.5, 8.0, extra=extra),), held_out=True)
    shown = page(lambda console: console.print(front_table(document, conditions, width)), width)
    for wanted in ("acc ↓", "bit/byte", "1.500 ●", "8.000 ○", "depth 1", "0.612", "held out"):
        assert wanted in shown
    assert "heads" not in shown
    assert ("7.250" in shown) == (width >= 110)
    assert max(len(line) for line in shown.splitlines()) <= width


def test_a_pick_shows_values_origin_and_prediction():
    picked = member(
        2.5,
        3.0,
        predicted={"lat": 3.3},
        spread={"lat": 0.2},
        device="host",
        preference={"acc": 0.7, "lat": 0.3},
    )
    shown = page(lambda console: print_member(picked, OBJECTIVES, {}, console))
    for wanted in (
        "host",
        "acc=0.70",
        "3.000 ±0.10",
        "ms",
        "modelled",
        "3.300",
        "depth 1 · heads 4",
        "0123456789ab",
    ):
        assert wanted in shown, wanted


def info(kind, **more):
    return {
        "kind": kind,
        "name": "x",
        "aliases": ["y"],
        "provider": "p",
        "version": "1",
        "needs": ["n"],
        "provides": [],
        "extras": {"m": "pkg>=1"},
        "summary": "A [thing].",
        "options": [],
        **more,
    }


def test_a_space_is_drawn_as_a_tree():
    choices = [
        {"name": "depth", "options": [1, 2], "condition": None},
        {"name": "heads_0", "options": [2, 4], "condition": None},
        {"name": "heads_1", "options": [2, 4], "condition": {"choice": "depth", "options": [2]}},
        {"name": "mlp_1", "options": [2, 4], "condition": {"choice": "depth", "options": [2]}},
    ]
    presets = [
        {
            "preset": "tiny",
            "architectures": 12,
            "choices": 4,
            "weights": [10, 2000],
            "warm_up": {"steps": 5},
        }
    ]
    document = info(
        "space",
        networks_for=["text"],
        presets=presets,
        weights_for_task="t",
        preset="tiny",
        choices=choices,
    )
    shown = page(lambda console: print_info(document, console))
    for wanted in (
        "A [thing].",
        "pkg>=1",
        "10 – 2k",
        "depth   1 · 2",
        "if depth is 2",
        "heads_1, mlp_1   2 · 4",
        "heads_0   2 · 4",
    ):
        assert wanted in shown, wanted


def test_other_kinds_are_explained():
    option = {"name": "rate", "type": "float", "default": 3e-3, "meaning": "Of ``it``."}
    shown = page(
        lambda console: print_info(
            info(
                "optimizer",
                description="Finds.",
                options=[option],
                options_path="options.optimizer",
            ),
            console,
        )
    )
    assert "options.optimizer.KEY=VALUE" in shown
    assert "0.003" in shown
    assert "Of it." in shown
    objective = info(
        "objective",
        short="lat",
        unit=None,
        direction="min",
        device_metric="latency_ms",
        costs_an_evaluation=False,
        differentiable=True,
        description="Time.",
    )
    assert "yes, on its latency_ms" in page(lambda console: print_info(objective, console))
    profile = {
        "name": "x",
        "batch": 1,
        "figures": {"peak": {"value": 1e12, "unit": "FLOP/s", "source": "sheet [1]"}},
    }
    device = info("device", profile=profile, metrics=["latency_ms"], facts={"cores": 2})
    shown = page(lambda console: print_info(device, console))
    assert "1.00e12" in shown
    assert "sheet [1]" in shown
    score = {"name": "loss", "unit": "nat", "direction": "min"}
    task = info("task", score=score, facts={"bytes": {"train": 1}})
    assert "loss [nat] ↓" in page(lambda console: print_info(task, console))
    assert "write x:PATH" in page(lambda c: print_info(info("task", usage="write x:PATH"), c))
    assert "does" in page(lambda c: print_info(info("embedding", description="does"), c))


def test_doctor_shows_faults_and_what_would_install_an_extra():
    report = {
        "machine": {"cores": 2, "memory_gb": None},
        "torch": {"version": None, "problem": "ImportError: [no]"},
        "devices": {
            "installed": 3,
            "measuring": {"host": {"RAPL": "absent"}},
            "problems": {"d": "x"},
        },
        "extras": [
            {
                "package": "a",
                "extra": "e",
                "installed": None,
                "install": "pip install 'm[e]'",
                "used_by": [],
            },
            {"package": "b", "extra": None, "installed": "2.0", "install": "", "used_by": ["t"]},
        ],
        "faults": [
            {
                "name": "bad",
                "provider": "p",
                "version": "1",
                "state": "broken",
                "reason": "SyntaxError: [x]",
            }
        ],
    }
    shown = page(lambda console: print_report(report, console), 140)
    for wanted in (
        "ImportError: [no]",
        "RAPL",
        "2 more devices",
        "pip install 'm[e]'",
        "2.0",
        "bad of p 1 is broken: SyntaxError: [x]",
    ):
        assert wanted in shown, wanted
