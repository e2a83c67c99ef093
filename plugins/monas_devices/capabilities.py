"""What this machine is and what can be measured on it."""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path
from typing import Any

import torch

_RAPL = Path("/sys/class/powercap")


def processor_name() -> str:
    """Product name of the CPU, as well as the operating system knows it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def probe() -> dict[str, Any]:
    """Processor, threads, GPUs and energy counters, as plain values."""
    return {
        "cpu": processor_name(),
        "cores": os.cpu_count() or 1,
        "torch": torch.__version__,
        "torch threads": torch.get_num_threads(),
        "gpus": _gpus(),
        "RAPL": _rapl(),
        "NVML": "installed" if _installed("pynvml") else "not installed",
        "zeus": "installed" if _installed("zeus") else "not installed: pip install 'monas[energy]'",
    }


def measurable() -> dict[str, str]:
    """Whether each cost of this machine is measured or modelled, and what is lacking."""
    return {
        "latency": "measured",
        "energy": _energy(),
        "memory": "modelled: counted from the network's weights and activations",
    }


def _energy() -> str:
    """Energy is measured where a counter answers and zeus can read it."""
    counter = _rapl() == "readable" or (bool(_gpus()) and _installed("pynvml"))
    if counter and _installed("zeus"):
        return "measured, where the counter answers"
    lacking = [] if counter else [f"no energy counter can be read (RAPL {_rapl()})"]
    lacking += [] if _installed("zeus") else ["zeus is not installed: pip install 'monas[energy]'"]
    return f"modelled from the measured latency: {'; '.join(lacking)}"


def _gpus() -> list[str]:
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]


def _rapl() -> str:
    """Whether the CPU's energy counters exist and can be read by this user."""
    counters = sorted(_RAPL.glob("intel-rapl:*/energy_uj"))
    if not counters:
        return "absent"
    readable = all(os.access(counter, os.R_OK) for counter in counters)
    return "readable" if readable else "present, but needs root or zeusd"


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
