"""A program as a device: its protocol and its faults."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, PluginError, Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_devices.command import Command, CommandOptions

SIMULATOR = """
import json, os, sys, time
request = json.load(sys.stdin)
with open({log!r}, "a") as log:
    log.write(json.dumps(request) + "\\n")
answer = {{"protocol": 1}}
if request["ask"] == "describe":
    answer |= {{"name": "sim", "metrics": ["latency_ms"], "origin": "modelled"}}
    answer["processor"] = "Chip"
else:
    values = [n["flops"] / 1e6 + n["parameters"] for n in request["networks"]]
    answer |= {{"metric": request["metric"], "unit": "us", "values": values}}
{fault}
print(json.dumps(answer))
"""


@pytest.fixture
def toy() -> Context:
    return Context(ToySpace(), ToyTask())


def simulator(folder: Path, fault: str = "") -> str:
    script = folder / "simulator.py"
    script.write_text(SIMULATOR.format(log=str(folder / "log"), fault=fault))
    return f"{sys.executable} {script}"


def requests(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def test_values_are_asked_for_once_and_converted(toy: Context, tmp_path: Path) -> None:
    device = Command(simulator(tmp_path), options=CommandOptions(networks=3))
    assert (device.name, device.profile.processor) == ("sim", "Chip")
    asked = toy.space.references()[:5]
    found = device.cost("latency_ms", [*asked, asked[0]], toy)
    for architecture, value in zip([*asked, asked[0]], found, strict=True):
        workload = toy.workload(architecture)
        expected = (workload.total_flops / 1e6 + workload.parameters) / 1000
        assert value.value == pytest.approx(expected)
        assert (value.unit, value.origin) == ("ms", "modelled")
    told = requests(tmp_path)
    assert [r["ask"] for r in told] == ["describe", "cost", "cost"]
    assert [len(r["networks"]) for r in told[1:]] == [3, 2]
    first = told[1]["networks"][0]
    assert first["choices"] == dict(asked[0].choices)
    assert sum(first["kernels"]["flops"]) == first["flops"]
    assert told[1]["space"]["name"] == toy.space.name
    device.estimate("latency_ms", asked, toy)
    assert len(requests(tmp_path)) == 3


def test_a_kept_program_answers_what_it_answered_before(toy: Context, tmp_path: Path) -> None:
    device = Command(simulator(tmp_path))
    asked = toy.space.references()[:4]
    found = device.cost("latency_ms", asked, toy)
    twin = Command(document=json.loads(json.dumps(device.document)))
    twin.load_state_dict(json.loads(json.dumps(dict(device.state_dict()))))
    (tmp_path / "simulator.py").unlink()
    assert twin.cost("latency_ms", asked, toy) == found
    assert twin.profile == device.profile
    with pytest.raises(PluginError, match="ended with code"):
        twin.cost("latency_ms", toy.space.references()[4:5], toy)


COST = 'if request["ask"] == "cost":\n    '


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        ("sys.exit('no licence')", PluginError, "ended with code 1: no licence"),
        ("print('hello')", PluginError, "is no JSON document"),
        ("answer = [1]", PluginError, "must answer with a JSON object"),
        ('answer["protocol"] = 2', PluginError, "speaks protocol 2; this version"),
        ('answer["name"] = ""', PluginError, "must tell its name"),
        ('answer["metrics"] = "latency_ms"', PluginError, "must list its metrics"),
        ('answer["origin"] = "guessed"', PluginError, "must tell the origin"),
        ('answer["processor"] = 3', PluginError, "processor must be text"),
        ("time.sleep(30)", PluginError, r"did not answer within 0\.5 s"),
        (COST + 'answer["values"].pop()', PluginError, "gave 2 values for 3 networks"),
        (COST + 'answer["values"] = 3', PluginError, "gave no list of values"),
        (COST + 'answer["unit"] = "MB"', UsageError, 'given in "MB", but it is measured in ms'),
        (COST + 'del answer["unit"]', PluginError, "must tell the unit"),
        (COST + 'answer["metric"] = "x"', PluginError, "asked for latency_ms and answered 'x'"),
        (COST + 'answer["values"][1] = -1', PluginError, "gave -1 as latency_ms of"),
        (COST + 'answer["values"][1] = float("nan")', PluginError, "gave nan as latency_ms"),
        (COST + 'answer["values"][1] = True', PluginError, "gave True"),
        (
            COST + 'answer["values"][1] = {"unavailable": "does not compile"}',
            Unavailable,
            "cannot tell latency_ms of .*: does not compile",
        ),
    ],
)
def test_faults_of_a_program_are_named(
    toy: Context, tmp_path: Path, fault: str, kind: type[MonasError], told: str
) -> None:
    options = CommandOptions(timeout_s=0.5 if "sleep" in fault else 60.0)
    with pytest.raises(kind, match=told) as caught:
        Command(simulator(tmp_path, fault), options=options).cost(
            "latency_ms", toy.space.references()[:3], toy
        )
    assert "simulator.py" in str(caught.value)


@pytest.mark.parametrize(
    ("argument", "told"),
    [("/nowhere/sim", 'no program "/nowhere/sim"'), ("'", "cannot be split"), ("", "needs a prog")],
)
def test_what_is_no_program_is_told(argument: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Command(argument)


def test_options_are_checked(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="timeout_s must be positive, got 0"):
        CommandOptions(timeout_s=0)
    device = catalog.create("device", "command", {"batch": 4}, argument=simulator(tmp_path))
    assert device.profile.batch == 4
