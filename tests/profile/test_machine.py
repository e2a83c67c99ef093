"""Profiling the machine the tests run on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.profiling.measure import governor, measures_like, measuring_device, this_machine
from monas_devices import runtimes


def test_this_machine_is_profiled_with_spread_and_drift(toy: Context, catalog: Catalog) -> None:
    said: list[str] = []
    made = this_machine(catalog, toy, "here", said.append, seconds=0.002)
    assert (made.name, made.batch, made.threads) == ("here", 1, 1)
    latency = made.metrics["latency_ms"]
    assert latency.origin == "measured"
    assert len(latency.median) == len(made.references)
    assert all(spread is not None and spread >= 0 for spread in latency.spread)
    assert made.metrics["energy_mj"].origin in ("measured", "modelled")
    assert isinstance(made.notes["drift"], float)
    assert made.notes["governor"]
    assert said[-1] == "measuring the first network again"
    assert measures_like(made, catalog) == {"runtime": "eager", "threads": 1, "batch": 1}


def test_batch_and_threads_are_settings_of_the_measurement(toy: Context, catalog: Catalog) -> None:
    settings = {"runtime": "eager", "threads": 2, "batch": 3}
    made = this_machine(catalog, toy, "here", lambda _: None, seconds=0.002, **settings)
    assert (made.batch, made.threads) == (3, 2)
    assert made.runtime.endswith("2 threads")
    assert measures_like(made, catalog) == settings
    assert torch.get_num_threads() == 1


def test_onnx_runtime_measures_too(toy: Context, catalog: Catalog) -> None:
    pytest.importorskip("onnxruntime")
    device = measuring_device(catalog, runtime="onnxruntime", seconds=0.002)
    (value,) = device.cost("latency_ms", toy.space.references()[:1], toy)
    assert value.value > 0
    assert value.origin == "measured"
    assert "ONNX Runtime" in device.profile.runtime


@pytest.mark.slow
def test_a_compiled_network_measures_too(toy: Context, catalog: Catalog) -> None:
    device = measuring_device(catalog, runtime="compile", seconds=0.002)
    found = device.cost("latency_ms", toy.space.references()[:2], toy)
    assert all(value.value > 0 for value in found)


def test_what_a_runtime_lacks_is_told(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    with pytest.raises(UsageError, match='No runtime "tpu"; choose one of eager, compile'):
        measuring_device(catalog, runtime="tpu")
    monkeypatch.setattr(runtimes, "_compiler", lambda: None)
    with pytest.raises(UsageError, match=r"needs a C\+\+ compiler"):
        measuring_device(catalog, runtime="compile")
    with pytest.raises(UsageError, match="threads must be at least 1, got 0"):
        measuring_device(catalog, threads=0)
    with pytest.raises(UsageError, match="not cuda"):
        runtimes.check("onnxruntime", torch.device("cuda"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"needs the package onnx; .*monas\[onnx\]"):
        runtimes.check("onnxruntime")


def test_a_compiler_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(network):
        def call(inputs):
            raise RuntimeError("no header\nand more")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(UsageError, match=r"fails on this machine \(RuntimeError: no header\)"):
        runtimes.prepare("compile", torch.nn.Linear(2, 2), torch.zeros(1, 2), 1)


def test_the_clock_policy_is_read_where_it_is_told(tmp_path: Path) -> None:
    assert governor(tmp_path) == "not told by the system"
    for number, policy in enumerate(("powersave\n", "performance\n", "powersave\n")):
        place = tmp_path / f"devices/system/cpu/cpu{number}/cpufreq"
        place.mkdir(parents=True)
        (place / "scaling_governor").write_text(policy)
    assert governor(tmp_path) == "performance, powersave"
