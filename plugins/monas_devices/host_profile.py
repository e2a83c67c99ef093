"""Profile of this machine, and its energy where no counter can be read."""

from __future__ import annotations

import datetime as dt
import os

import torch

from monas_core.parts.device import DeviceProfile, Figure
from monas_core.tracing.workload import Workload
from monas_core.values.value import PRECISIONS, Value
from monas_devices.capabilities import processor_name
from monas_devices.runtimes import describe
from monas_devices.timing import THREADS


def host_profile(runtime: str = "eager", threads: int = THREADS, batch: int = 1) -> DeviceProfile:
    """What this machine is; networks run in single precision.

    Args:
        runtime: What executes them.
        threads: CPU threads.
        batch: Samples per inference.
    """
    names = [processor_name()]
    if torch.cuda.is_available():
        names.append(torch.cuda.get_device_name(0))
    return DeviceProfile(
        name="host",
        processor=" with ".join(names),
        runtime=describe(runtime, threads),
        precision="fp32",
        batch=batch,
        origin="measured",
        kind="host",
        figures=_figures(),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
    )


def modelled_mj(profile: DeviceProfile, workload: Workload, time_ms: float) -> Value:
    """Energy from a time and the profile's assumed figures, origin "modelled"."""
    watts = profile.figures["idle_power"].value
    moved = float(workload.bytes_moved(PRECISIONS[profile.precision]).sum())
    picojoules = (
        profile.figures["flop_energy"].value * workload.total_flops
        + profile.figures["byte_energy"].value * moved
    )
    return Value(watts * time_ms + 1e-9 * picojoules, "mJ", "modelled")  # W * ms = mJ


def _figures() -> dict[str, Figure]:
    cores = os.cpu_count() or 1
    return {
        "idle_power": Figure(
            5.0 + 1.5 * cores,
            "W",
            f"assumption: 5 W for the package and 1.5 W for each of {cores} logical cores, awake",
        ),
        "flop_energy": Figure(
            50.0,
            "pJ/FLOP",
            "assumption: about what server CPUs of 2021 spend at rated power and 60 % of peak",
        ),
        "byte_energy": Figure(
            162.0,
            "pJ/B",
            "1.3 nJ per 64-bit DRAM access, the lower figure of Horowitz, "
            "Computing's energy problem, ISSCC 2014",
        ),
    }
