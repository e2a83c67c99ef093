"""Timing networks on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from monas_core.parts.context import Context
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_devices.runtimes import Call, prepare

if TYPE_CHECKING:
    from torch.utils.benchmark import Measurement

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
    architectures: Sequence[Architecture],
    context: Context,
    batch: int,
    seconds: float,
    runtime: str = "eager",
    threads: int = THREADS,
) -> list[Value]:
    """Median time of an inference in ms, with the interquartile range as spread.

    On one thread of the CPU this is the time that thread spent computing: what a clock
    on the wall shows on an idle machine, without the time given to other processes and
    to the threads of a screen or a trainer. On a GPU and on several threads it is the
    time on the wall.

    Args:
        architectures: Networks to time.
        context: Where they and their inputs come from.
        batch: Samples per inference.
        seconds: Time to spend on each; the number of calls adapts to it.
        runtime: What executes them; a compiled network is timed in one go, since it
            takes longer to compile than to time.
        threads: CPU threads.
    """
    inputs = context.example(batch)
    clock = _clock(context.torch_device, threads)
    samples: dict[Architecture, list[Measurement]] = {a: [] for a in architectures}
    rounds = ROUNDS if runtime == "eager" else 1
    for _ in range(rounds):
        for architecture, found in samples.items():
            # Extracted anew in each round: the networks together may not fit in memory.
            call = prepare(runtime, context.network(architecture).eval(), inputs, threads)
            blocks = BLOCKS * ROUNDS // rounds
            found += _sample(call, clock, threads, seconds / rounds, blocks)
    return [_summary(samples[architecture]) for architecture in architectures]


def _clock(torch_device: torch.device, threads: int) -> dict[str, Any]:
    """The clock of ``Timer``; its own one waits for a GPU and shows the time on the wall."""
    alone = torch_device.type == "cpu" and threads == 1
    return {"timer": time.thread_time} if alone else {}


def _sample(
    call: Call, clock: dict[str, Any], threads: int, seconds: float, blocks: int
) -> list[Measurement]:
    """Timings, each the mean of as many calls as fit its share of the time.

    A network of which one call takes all the time that there is is timed by that one: noise of
    milliseconds is nothing beside it, and sixteen others would take minutes.
    """
    from torch.utils.benchmark import Timer  # it imports the tools that build extensions

    timer = Timer("call()", globals={"call": call}, num_threads=threads, **clock)
    with torch.inference_mode():
        first = timer.timeit(1)  # calls twice before, unasked
        if first.mean > seconds:
            return [first]
        once = timer.timeit(WARM_UP_CALLS).mean
        number = max(1, round(seconds / blocks / once))
        return [timer.timeit(number) for _ in range(blocks)]


def _summary(samples: list[Measurement]) -> Value:
    from torch.utils.benchmark import Measurement

    (merged,) = Measurement.merge(samples)
    return Value(1e3 * merged.median, "ms", "measured", spread=1e3 * merged.iqr)
