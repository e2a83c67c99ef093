"""Energy counters that answer, that answer nothing, and that are not there."""

from __future__ import annotations

import sys
import time
import types
from typing import Any

import pytest
import torch

from monas_devices.meter import EnergyMeter, find_meter

CPU = torch.device("cpu")


class FakeMonitor:
    """Draws 20 W on the CPU and 100 W on the GPU; ``cpu`` replaces the CPU counter's answer."""

    answer: Any = "power"

    def __init__(self, gpu_indices: Any = None) -> None:
        self.gpu_indices = gpu_indices

    def begin_window(self, key: str) -> None:
        self._begin = time.perf_counter()

    def end_window(self, key: str) -> Any:
        seconds = time.perf_counter() - self._begin
        cpu = {0: 20 * seconds} if self.answer == "power" else self.answer
        return types.SimpleNamespace(time=seconds, gpu_energy={0: 100 * seconds}, cpu_energy=cpu)


@pytest.fixture
def zeus(monkeypatch: pytest.MonkeyPatch) -> type[FakeMonitor]:
    """A zeus package whose monitor is ours."""
    import importlib.machinery

    class Monitor(FakeMonitor):
        pass

    package, module = types.ModuleType("zeus"), types.ModuleType("zeus.monitor")
    package.__spec__ = importlib.machinery.ModuleSpec("zeus", None)
    module.ZeusMonitor = Monitor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "zeus", package)
    monkeypatch.setitem(sys.modules, "zeus.monitor", module)
    return Monitor


def test_energy_is_power_times_time_per_call() -> None:
    meter = EnergyMeter(FakeMonitor(), gpu=False)
    joules = meter.joules(lambda: time.sleep(0.002), 0.05)
    assert joules == pytest.approx(20 * 0.0022, rel=0.5)


def test_gpu_counter_is_read_for_gpu_work() -> None:
    slow = EnergyMeter(FakeMonitor(), gpu=True).joules(lambda: time.sleep(0.002), 0.05)
    assert slow is not None
    assert slow > 100 * 0.002


@pytest.mark.parametrize("answer", [None, {}, {0: 0.0}])
def test_silence_is_no_measurement(answer: Any) -> None:
    monitor = FakeMonitor()
    monitor.answer = answer
    assert EnergyMeter(monitor, gpu=False).joules(lambda: None, 0.01) is None


def test_a_working_counter_is_found(zeus: type[FakeMonitor]) -> None:
    assert find_meter(CPU) is not None


def test_a_silent_counter_is_not_used(zeus: type[FakeMonitor]) -> None:
    zeus.answer = None
    assert find_meter(CPU) is None


def test_a_failing_monitor_is_not_used(
    zeus: type[FakeMonitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise PermissionError("/sys/class/powercap")

    monkeypatch.setattr(zeus, "begin_window", fail)
    assert find_meter(CPU) is None


def test_without_zeus_there_is_no_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_meter(CPU) is None
