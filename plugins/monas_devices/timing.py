"""Timing one network on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.benchmark import Timer

from monas_core.values import Value

THREADS = 1
"""CPU threads that run a network.

Networks small enough to be searched here gain little from more, and threads that
wait for each other make times erratic as soon as another process wants a core.
"""

WARM_UP_CALLS = 3
"""Allocators and kernel selection settle within the first calls."""


def measure_ms(call: Callable[[], Any], torch_device: torch.device, min_run_time: float) -> Value:
    """Median time of a call in ms, with the interquartile range as spread.

    On the CPU this is the time its thread spent computing: what a clock on the
    wall shows on an idle machine, without the time given to other processes and
    to the threads of a screen or a trainer. On a GPU it is the time on the wall.

    Args:
        call: What to time, without arguments.
        torch_device: Where it computes.
        min_run_time: Seconds to spend; the number of calls adapts to it.
    """
    clock: dict[str, Any] = {} if torch_device.type == "cuda" else {"timer": time.thread_time}
    timer = Timer("call()", globals={"call": call}, num_threads=THREADS, **clock)
    with torch.inference_mode():
        timer.timeit(WARM_UP_CALLS)
        found = timer.blocked_autorange(min_run_time=min_run_time)
    return Value(1e3 * found.median, "ms", "measured", spread=1e3 * found.iqr)
