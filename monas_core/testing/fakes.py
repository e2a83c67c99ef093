"""A whole problem whose true front is known, for tests of whatever searches it.

Quality and costs are formulas; space, task and supernet are real, only small.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.testing.fake_costs import (
    ToyDevice,
    ToyEmbedding,
    ToyEnergy,
    ToyLatency,
    ToyQuality,
)
from monas_core.testing.fake_space import ToyNetwork, ToySpace, ToySupernet
from monas_core.testing.fake_task import ToyTask
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.front import Points, non_dominated

__all__ = [
    "ToyDevice",
    "ToyEmbedding",
    "ToyEnergy",
    "ToyLatency",
    "ToyNetwork",
    "ToyQuality",
    "ToySpace",
    "ToySupernet",
    "ToyTask",
    "toy_problem",
    "true_front",
]


def toy_problem(
    *,
    objectives: Sequence[Objective] | None = None,
    devices: Sequence[Device] | None = None,
    budget: str = "100steps",
    space: SearchSpace | None = None,
) -> Problem:
    """A problem with supernet and task, by default quality and latency on two devices."""
    space = space or ToySpace()
    task = ToyTask()
    with seeded_construction(0):
        context = Context(space, task, space.supernet(task))
    if isinstance(space, ToySpace):
        context.teacher = functools.partial(space.teacher, task)
    chosen = tuple(objectives or (ToyQuality(), ToyLatency()))
    meter = Meter(Budget.parse(budget))
    return Problem(
        context=context,
        objectives=chosen,
        devices=tuple(devices or (ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8))),
        evaluator=Evaluator(context, chosen, meter),
        embedding=ToyEmbedding(),
        meter=meter,
    )


def true_front(problem: Problem, device: Device) -> tuple[list[Architecture], Points]:
    """All non-dominated architectures and their minimised values ``(n, M)``, by enumeration.

    Uses an evaluator of its own, so that nothing counts against the budget.
    """
    meter = Meter(problem.meter.budget)
    evaluator = Evaluator(problem.context, problem.objectives, meter)
    everything = list(problem.choices.enumerate())
    points = evaluator.matrix(everything, device, exact=True).numpy()
    kept = np.flatnonzero(non_dominated(points))
    return [everything[index] for index in kept], points[kept]
