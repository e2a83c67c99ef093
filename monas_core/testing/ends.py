"""Whether the ends a space declares are its smallest and its largest network."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.parts.space import SearchSpace, end_rows
from monas_core.parts.task import Task
from monas_core.tracing.workload import Tracer
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet

_DRAWN = 16
_MODULES, _FEWEST = 15_000, 8
"""Modules of networks built beside each end, about; and the fewest such networks."""


def ends_fault(space: SearchSpace, task: Task) -> str | None:
    """Why what a space says are its ends are not; ``None`` where they are.

    By weights or by operations, whichever they are the ends of, among random architectures
    and those that differ from an end in one choice.
    """
    ends, choices, tracer = space.ends(), space.choices, Tracer()
    drawn = population.sample_distinct(choices, _DRAWN, torch.Generator().manual_seed(6))
    size = sum(1 for _ in tracer.build(lambda: space.build(ends.largest, task)).modules())
    most = max(_FEWEST, _MODULES // size)
    rows = [drawn, *(_spread(_neighbours(choices, row), most) for row in end_rows(space))]
    others = population.decode(choices, population.unique_rows(torch.cat(rows)))
    reasons: list[str] = []
    for name, measure in (("weights", _weights), ("operations", _operations)):
        smallest = measure(tracer, space, task, ends.smallest)
        largest = measure(tracer, space, task, ends.largest)
        sizes = {other: measure(tracer, space, task, other) for other in others}
        least, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        if smallest < largest and smallest <= sizes[least] and largest >= sizes[most]:
            return None
        reasons.append(
            f"by {name} the smallest has {smallest:.0f}, with {_apart(ends.smallest, least)} "
            f"{sizes[least]:.0f}; the largest has {largest:.0f}, with "
            f"{_apart(ends.largest, most)} {sizes[most]:.0f}"
        )
    return "; ".join(reasons) + "; order the options by size, or override ends()"


def _apart(end: Architecture, other: Architecture) -> str:
    """What another architecture answers otherwise than an end."""
    answers = end.choices
    differing = {k: v for k, v in other.choices.items() if answers[k] != v}
    return ", ".join(f"{name}={option}" for name, option in differing.items()) or "the same"


def _spread(rows: Tensor, most: int) -> Tensor:
    """At most so many of some rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[torch.linspace(0, len(rows) - 1, most).long()]


def _neighbours(choices: ChoiceSet, row: Tensor) -> Tensor:
    """A row ``(C,)`` and all that differ from it in one active choice, ``(n, C)``."""
    rows = [row]
    for index, active in enumerate(choices.active(row.tolist())):
        for option in range(choices.sizes[index] if active else 0):
            rows.append(row.clone())
            rows[-1][index] = option
    return population.canonical(choices, torch.stack(rows))


def _weights(tracer: Tracer, space: SearchSpace, task: Task, architecture: Architecture) -> float:
    network = tracer.build(lambda: space.build(architecture, task))
    return float(sum(weight.numel() for weight in network.parameters()))


def _operations(
    tracer: Tracer, space: SearchSpace, task: Task, architecture: Architecture
) -> float:
    network = tracer.build(lambda: space.build(architecture, task))
    return tracer.trace(network, task.example(1)).total_flops
