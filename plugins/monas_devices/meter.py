"""Energy counters of this machine, where they answer.

RAPL (CPU packages) usually needs root or zeus' daemon, NVML (NVIDIA GPUs) needs
a recent board; both are read through zeus, an optional extra.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import torch

from monas_devices.timing import THREADS

_WINDOW = "inference"


class EnergyMeter:
    """Joules of repeated calls, read from a zeus monitor.

    Args:
        monitor: A ``zeus.monitor.ZeusMonitor`` or anything with its two window methods.
        gpu: Whether the network runs on the GPU; its counter is read then, the CPU's otherwise.
    """

    def __init__(self, monitor: Any, *, gpu: bool) -> None:
        self._monitor = monitor
        self._gpu = gpu

    def joules(
        self, call: Callable[[], Any], min_run_time: float, threads: int = THREADS
    ) -> float | None:
        """Energy of one call, averaged over ``min_run_time`` seconds; ``None`` if not counted."""
        before, calls = torch.get_num_threads(), 0
        torch.set_num_threads(threads)  # as latency is timed, so that both describe one run
        try:
            with torch.inference_mode():
                call()  # warm-up
                self._monitor.begin_window(_WINDOW)
                begin = time.perf_counter()
                while time.perf_counter() - begin < min_run_time:
                    call()
                    calls += 1
                measurement = self._monitor.end_window(_WINDOW)
        finally:
            torch.set_num_threads(before)
        counters = measurement.gpu_energy if self._gpu else measurement.cpu_energy
        # zeus answers None without permission, and 0 J when a counter did not advance. Neither
        # is a measurement.
        total = sum(counters.values()) if counters else 0.0
        return total / calls if total > 0 else None


def find_meter(torch_device: torch.device) -> EnergyMeter | None:
    """The energy counter of the processor that runs networks, if it can be read."""
    if importlib.util.find_spec("zeus") is None:
        return None
    gpu = torch_device.type == "cuda"
    try:
        from zeus.monitor import ZeusMonitor  # pyright: ignore[reportMissingImports]

        meter = EnergyMeter(ZeusMonitor(gpu_indices=None if gpu else []), gpu=gpu)
        probe = torch.ones(64, 64, device=torch_device)
        return meter if meter.joules(lambda: probe @ probe, 0.1) is not None else None
    except Exception:  # noqa: BLE001 - zeus fails in many ways where counters are missing
        return None
