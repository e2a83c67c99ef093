"""This machine: measured and predicted latency, and energy that is never made up in silence."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
import torch

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.architecture import Architecture
from monas_core.values.population import corners, decode
from monas_devices import host as host_module
from monas_devices.capabilities import probe
from monas_devices.host import CALIBRATION, Host
from monas_devices.meter import EnergyMeter
from monas_devices.timing import ROUNDS, _sample


class CountingMeter(EnergyMeter):
    """Answers 2 mJ for every inference, as often as it is allowed to."""

    def __init__(self, answers: int = 1000) -> None:
        self.left = answers

    def joules(self, call: Any, min_run_time: float, threads: int = 1) -> float | None:
        call()
        self.left -= 1
        return 2e-3 if self.left >= 0 else None


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    """Without an energy counter, and quick."""
    monkeypatch.setattr(host_module, "find_meter", lambda torch_device: None)
    return Host(seconds=0.002)


@pytest.fixture
def pair(toy: Context) -> list[Architecture]:
    return decode(toy.space.choices, corners(toy.space.choices))


def test_latency_is_measured_with_spread(
    host: Host, toy: Context, pair: list[Architecture]
) -> None:
    for value in host.cost("latency_ms", pair, toy):
        assert value.origin == "measured"
        assert value.unit == "ms"
        assert 0 < value.value < 1000
        assert value.spread is not None
        assert value.spread >= 0


def test_each_architecture_is_measured_once(
    host: Host, toy: Context, pair: list[Architecture]
) -> None:
    assert host.cost("latency_ms", pair, toy) == host.cost("latency_ms", pair, toy)


def test_the_subnet_is_taken_from_the_supernet(
    host: Host, toy: Context, pair: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert toy.supernet is not None
    asked: list[Architecture] = []
    extract = toy.supernet.extract
    monkeypatch.setattr(toy.supernet, "extract", lambda a: asked.append(a) or extract(a))
    host.cost("latency_ms", pair, toy)
    assert asked == pair * ROUNDS


def test_measuring_leaves_the_threads_alone(
    host: Host, toy: Context, pair: list[Architecture]
) -> None:
    before = torch.get_num_threads()
    host.cost("latency_ms", pair, toy)
    assert torch.get_num_threads() == before


def test_estimates_are_predicted_from_few_measurements(host: Host, toy: Context) -> None:
    everything = list(toy.space.choices.enumerate())
    found = host.estimate("latency_ms", everything, toy)
    assert {value.origin for value in found} == {"predicted"}
    assert all(value.value > 0 for value in found)
    assert len(host.state_dict()["measured"]) == CALIBRATION < len(everything)
    error = host.facts()["prediction error (median, left out)"]["latency_ms"]
    assert 0 <= error < math.inf


def test_a_resumed_run_measures_nothing_again(
    host: Host, toy: Context, pair: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    estimates = host.estimate("latency_ms", pair, toy)
    costs = host.cost("latency_ms", pair, toy)
    state = json.loads(json.dumps(dict(host.state_dict()), sort_keys=True))
    monkeypatch.setattr(host_module, "measure_ms", lambda *_: pytest.fail("measured again"))
    resumed = Host()
    resumed.load_state_dict(state)
    assert resumed.estimate("latency_ms", pair, toy) == estimates
    assert resumed.cost("latency_ms", pair, toy) == costs


def test_another_space_is_calibrated_anew(host: Host, toy: Context) -> None:
    host.estimate("latency_ms", [], toy)
    small = ToySpace.tiny()
    small.preset = "smaller"
    other = Context(small, ToyTask())
    host.estimate("latency_ms", [], other)
    assert len(host.state_dict()["measured"]) == small.choices.cardinality()


def test_energy_without_counter_is_modelled_and_never_zero(
    host: Host, toy: Context, pair: list[Architecture]
) -> None:
    for values in (host.cost("energy_mj", pair, toy), host.estimate("energy_mj", pair, toy)):
        for value in values:
            assert value.origin == "modelled"
            assert value.unit == "mJ"
            assert value.value > 0


def test_modelled_energy_by_hand(host: Host, toy: Context, pair: list[Architecture]) -> None:
    (energy,) = host.cost("energy_mj", pair[:1], toy)
    (time,) = host.cost("latency_ms", pair[:1], toy)
    work = toy.workload(pair[0])
    figure = {name: f.value for name, f in host.profile.figures.items()}
    joules = (
        figure["idle_power"] * time.value * 1e-3
        + figure["flop_energy"] * 1e-12 * work.total_flops
        + figure["byte_energy"] * 1e-12 * 4 * float(work.elements.sum())
    )
    assert energy.value == pytest.approx(1e3 * joules)


def test_energy_with_counter_is_measured_and_predicted(
    toy: Context, pair: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "find_meter", lambda torch_device: CountingMeter())
    host = Host(seconds=0.002)
    (first, _) = host.cost("energy_mj", pair, toy)
    assert (first.value, first.origin) == (pytest.approx(2.0), "measured")
    (guess, _) = host.estimate("energy_mj", pair, toy)
    assert (guess.value, guess.origin) == (pytest.approx(2.0, rel=0.01), "predicted")


def test_a_counter_that_falls_silent_is_replaced_by_the_model(
    toy: Context, pair: list[Architecture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "find_meter", lambda torch_device: CountingMeter(1))
    host = Host(seconds=0.002)
    origins = [value.origin for value in host.cost("energy_mj", pair, toy)]
    assert origins == ["measured", "modelled"]


def test_missing_metric_is_explained(host: Host, toy: Context, pair: list[Architecture]) -> None:
    with pytest.raises(Unavailable, match='"host" cannot give'):
        host.cost("noise_db", pair, toy)
    with pytest.raises(Unavailable, match='"host" cannot give'):
        host.estimate("noise_db", pair, toy)


def test_probe_is_plain_and_complete() -> None:
    found = probe()
    assert json.loads(json.dumps(found)) == found
    assert found["cpu"]
    assert found["cores"] >= 1
    assert found["RAPL"] in ("absent", "readable", "present, but needs root or zeusd")


def test_profile_describes_this_machine(host: Host) -> None:
    assert host.profile.origin == "measured"
    assert torch.__version__ in host.profile.runtime
    assert all(figure.source for figure in host.profile.figures.values())


def test_forgotten_architectures_are_measured_again(
    host: Host, toy: Context, pair: list[Architecture]
) -> None:
    first, second = host.cost("latency_ms", pair, toy)
    host.forget(pair[:1])
    assert host.cost("latency_ms", pair[1:], toy) == [second]
    assert host.cost("latency_ms", pair[:1], toy)[0] is not first


def test_a_network_that_takes_longer_than_its_time_is_timed_by_one_call() -> None:
    calls: list[float] = []

    def slow() -> None:
        calls.append(time.perf_counter())
        time.sleep(0.02)

    found = _sample(slow, {}, 1, 0.001, 3)
    assert len(calls) == 3
    assert found[0].median == pytest.approx(0.02, rel=0.9)
