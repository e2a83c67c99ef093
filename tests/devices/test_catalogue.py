"""The catalogue of modelled devices: complete, distinct, and disagreeing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scipy.stats import spearmanr

from monas_core.parts.context import Context
from monas_core.values.architecture import Architecture
from monas_devices.plugin import DEFAULT, HELD_OUT, monas_devices
from monas_devices.profiles import OPTIONAL, UNITS
from monas_devices.roofline import CATALOGUE, modelled

NAMES = [path.stem for path in sorted(CATALOGUE.glob("*.json"))]


@pytest.mark.parametrize("name", NAMES)
def test_profile_is_complete(name: str) -> None:
    profile = modelled(name).profile
    assert profile.name == name
    assert profile.origin == "modelled"
    assert set(UNITS) <= set(profile.figures) <= {*UNITS, *OPTIONAL}
    for figure in profile.figures.values():
        assert len(figure.source) > 10


@pytest.mark.parametrize("name", NAMES)
def test_full_load_draws_a_believable_power(name: str) -> None:
    # Watts while a matrix product runs at the attainable rate, from the datasheet's power.
    device = modelled(name)
    figures = device.profile.figures
    watts = device.roofline.idle_power + device.roofline.rate * device.roofline.flop_energy
    assert figures["idle_power"].value < watts
    assert 0.1 < watts < 1000


def test_there_are_many_with_names_of_their_own() -> None:
    assert len(NAMES) >= 24
    processors = {json.loads(p.read_text())["processor"] for p in CATALOGUE.glob("*.json")}
    assert len(processors) == len(NAMES)
    kinds = {modelled(name).profile.kind for name in NAMES}
    assert {"phone", "laptop", "edge-cpu", "server-cpu", "datacentre-gpu"} <= kinds


def test_roles_name_catalogued_devices() -> None:
    assert set(DEFAULT) | set(HELD_OUT) <= set(NAMES)
    assert not set(DEFAULT) & set(HELD_OUT)
    roles = {spec.name: spec.provides for spec in monas_devices()}
    assert [n for n, r in roles.items() if "default-device" in r] == ["host", *sorted(DEFAULT)]
    assert {n for n, r in roles.items() if "default-held-out" in r} == set(HELD_OUT)


def test_the_plugin_module_leaves_torch_alone() -> None:
    code = (
        "import sys, monas_devices.plugin as p; p.monas_devices(); p.monas_embeddings();"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_default_devices_disagree(gpt: Context, networks: list[Architecture]) -> None:
    ranks = {name: _values(name, "latency_ms", networks, gpt) for name in DEFAULT}
    extremes = spearmanr(ranks["h100-sxm"], ranks["raspberry-pi-4"])[0]
    assert extremes < 0.85
    between = spearmanr(ranks["h100-sxm"], ranks["jetson-nano"])[0]
    assert extremes + 0.1 < between < 0.97


def test_cost_regimes(gpt: Context, networks: list[Architecture]) -> None:
    """A data-centre GPU counts kernels, a Raspberry Pi counts FLOPs."""
    workloads = [gpt.workload(a) for a in networks]
    flops = [w.total_flops for w in workloads]
    kernels = [len(w.flops) for w in workloads]
    gpu = _values("h100-sxm", "latency_ms", networks, gpt)
    board = _values("raspberry-pi-4", "latency_ms", networks, gpt)
    assert spearmanr(gpu, kernels)[0] > 0.9 > 0.75 > spearmanr(gpu, flops)[0]
    assert spearmanr(board, flops)[0] > 0.95 > 0.75 > spearmanr(board, kernels)[0]


def test_energy_is_not_latency_in_disguise(gpt: Context, networks: list[Architecture]) -> None:
    time = _values("jetson-nano", "latency_ms", networks, gpt)
    energy = _values("jetson-nano", "energy_mj", networks, gpt)
    assert spearmanr(time, energy)[0] < 0.97


def _values(name: str, metric: str, networks: list[Architecture], gpt: Context) -> list[float]:
    return [value.value for value in modelled(name).cost(metric, networks, gpt)]
