"""What processes that train together send each other, and how long a step then takes, on paper.

Gradients are summed around a ring: each process sends (and gets) every number twice but for its own
share (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms", JPDC 2009). Counted on the
wire by ``benchmarks/bench_traffic.py``.
"""

from __future__ import annotations

import attrs

_FP32 = 4


def sent_in_a_step(numbers: int, ranks: int, number_bytes: int = _FP32) -> float:
    """Bytes that each process sends for one step, and gets.

    Args:
        numbers: Of the gradient: all numbers of parameters that the subnet uses a part of.
        ranks: How many processes.
        number_bytes: Of one number; gradients are summed in fp32.
    """
    return 2 * (ranks - 1) / ranks * number_bytes * numbers


@attrs.frozen
class Wire:
    """What connects processes.

    Attributes:
        bytes_per_s: That a process can send, while it gets as many.
        latency_s: Of one message to the neighbour.
    """

    bytes_per_s: float
    latency_s: float


def seconds_of_a_step(
    alone_s: float, numbers: int, ranks: int, wire: Wire, growing: bool = False
) -> tuple[float, float]:
    """Seconds of computing and of communicating, one after the other.

    Args:
        alone_s: Of the step in one process.
        numbers: Of the gradient.
        ranks: How many processes.
        wire: Between them.
        growing: Whether the batch grows with the processes; else they share one.
    """
    computing = alone_s if growing else alone_s / ranks
    messages = 2 * (ranks - 1)  # one after the other around the ring
    sending = sent_in_a_step(numbers, ranks) / wire.bytes_per_s + messages * wire.latency_s
    return computing, sending
