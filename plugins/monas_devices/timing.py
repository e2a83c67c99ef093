"""Timing networks on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.benchmark import Measurement, Timer

from monas_core.architecture import Architecture
from monas_core.context import Context
from monas_core.values import Value

THREADS = 1
"""CPU threads that run a network.

Networks small enough to be searched here gain little from more, and threads that
wait for each other make times erratic as soon as another process wants a core.
"""

WARM_UP_CALLS = 3
"""Allocators and kernel selection settle within the first calls."""

ROUNDS, BLOCKS = 3, 3
"""All networks are timed in turn, ``ROUNDS`` times, ``BLOCKS`` blocks of calls each time. A
disturbance that lasts a second then meets every network alike instead of spoiling a few."""


def measure_ms(
    architectures: Sequence[Architecture], context: Context, batch: int, seconds: float
) -> list[Value]:
    """Median time of an inference in ms, with the interquartile range as spread.

    On the CPU this is the time its thread spent computing: what a clock on the
    wall shows on an idle machine, without the time given to other processes and
    to the threads of a screen or a trainer. On a GPU it is the time on the wall.

    Args:
        architectures: Networks to time.
        context: Where they and their inputs come from.
        batch: Samples per inference.
        seconds: Time to spend on each; the number of calls adapts to it.
    """
    inputs = context.example(batch)
    samples: dict[Architecture, list[Measurement]] = {a: [] for a in architectures}
    for _ in range(ROUNDS):
        for architecture, found in samples.items():
            # Extracted anew in each round: the networks together may not fit in memory.
            network = context.network(architecture).eval()
            found += _sample(network, inputs, context.torch_device, seconds / ROUNDS)
    return [_summary(samples[architecture]) for architecture in architectures]


def _sample(
    network: nn.Module, inputs: Any, torch_device: torch.device, seconds: float
) -> list[Measurement]:
    """``BLOCKS`` timings, each the mean of as many calls as fit its share of the time."""
    clock: dict[str, Any] = {} if torch_device.type == "cuda" else {"timer": time.thread_time}
    names = {"network": network, "inputs": inputs}
    timer = Timer("network(inputs)", globals=names, num_threads=THREADS, **clock)
    with torch.inference_mode():
        timer.timeit(WARM_UP_CALLS)
        once = timer.timeit(WARM_UP_CALLS).mean
        number = max(1, round(seconds / BLOCKS / once))
        return [timer.timeit(number) for _ in range(BLOCKS)]


def _summary(samples: list[Measurement]) -> Value:
    (merged,) = Measurement.merge(samples)
    return Value(1e3 * merged.median, "ms", "measured", spread=1e3 * merged.iqr)
