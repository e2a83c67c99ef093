"""Whether timings can be those of the networks they are said to be of."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from monas_core.profiling.cost_model import fit
from monas_core.tracing.workload import Workload

ODD = 0.25
"""Left-out error from which timings do not follow from the networks. Those of published tables
stay below 0.12 (benchmarks/bench_predictor.py)."""
_FAR = 3.0
"""A repetition this many times its network's median is an outlier."""
_FASTEST_MS = 1e-4
"""A tenth of a microsecond: less than any device spends on one convolution or product."""
_SLOWEST = 1e6
"""FLOP/s: less than a microcontroller without floating-point unit reaches."""


@attrs.frozen
class Verdict:
    """What was found.

    Attributes:
        error: Left-out error by metric, where there are two networks or more.
        warnings: Sentences.
    """

    error: Mapping[str, float]
    warnings: tuple[str, ...]

    def to_notes(self) -> dict[str, Any]:
        """For the notes of a profile."""
        told: dict[str, Any] = {"left-out error": {k: round(v, 4) for k, v in self.error.items()}}
        return told | ({"warnings": list(self.warnings)} if self.warnings else {})


def judge(
    costs: Mapping[str, Sequence[float]],
    workloads: Sequence[Workload],
    samples: Mapping[str, Mapping[str, Sequence[float]]],
) -> Verdict:
    """Compare costs with the networks.

    Args:
        costs: One per network, by metric.
        workloads: The networks, in that order.
        samples: Repetitions, by metric and network.
    """
    errors: dict[str, float] = {}
    warnings: list[str] = []
    for metric, found in costs.items():
        model = fit(workloads, found)
        if len(found) > 1:
            errors[metric] = model.error
        if metric != "memory_mb" and model.error > ODD:
            warnings.append(
                f"{metric} does not follow from the networks: a model fitted to the others misses "
                f"one by {model.error:.0%} in the middle, where real devices stay below 12 %; were "
                "rows mixed up, or other work on the device?"
            )
        far = _outliers(samples.get(metric, {}))
        if far:
            warnings.append(
                f"{far} repetitions of {metric} are more than {_FAR:g} times above or below the "
                "median of their network; the median counts, but look what else ran."
            )
    if "latency_ms" in costs:
        warnings += _units(costs["latency_ms"], workloads)
    return Verdict(errors, tuple(warnings))


def _outliers(samples: Mapping[str, Sequence[float]]) -> int:
    far = math.log(_FAR)
    middles = {key: statistics.median(row) for key, row in samples.items()}
    return sum(
        abs(math.log(value / middles[key])) > far for key, row in samples.items() for value in row
    )


def _units(times_ms: Sequence[float], workloads: Sequence[Workload]) -> list[str]:
    """A warning where the times look like seconds or microseconds."""
    kernels = [max(1, int((w.flops > 0).sum())) for w in workloads]
    fast = statistics.median(t / k for t, k in zip(times_ms, kernels, strict=True))
    rate = statistics.median(
        1e3 * w.total_flops / t for t, w in zip(times_ms, workloads, strict=True)
    )
    if fast < _FASTEST_MS:
        told = (
            f"latency_ms is {1e6 * fast:.3g} ns for each convolution or product, faster than any "
            "device; are these seconds? Name the column latency_s then."
        )
        return [told]
    if 0 < rate < _SLOWEST:
        told = (
            f"latency_ms means {rate:.3g} FLOP/s, slower than any device; are these microseconds? "
            "Name the column latency_us then."
        )
        return [told]
    return []
