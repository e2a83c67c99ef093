"""Searches of any size to time: how many devices, objectives and choices is an argument.

Quality is a real supernet's or a formula; costs are the kit's formulas, which any number of
made-up devices can have. Nothing here is a measurement of a search's result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyEnergy,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToyTask,
)
from monas_core.values.architecture import Architecture, Choice
from monas_core.values.budget import Budget, Meter
from monas_core.values.choices import ChoiceSet
from monas_core.values.value import Split, Value
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options
from monas_quality.quality import Quality

Work = Callable[[], object]


class Wide(ToySpace):
    """Any number of choices of four options each; there is no network of it."""

    name: ClassVar[str] = "wide"

    def __init__(self, preset: str = "tiny", *, count: int = 9) -> None:
        super().__init__(preset)
        options = tuple(range(4))
        named = (Choice(f"choice {i}", options, ordered=True) for i in range(count))
        self.choices = ChoiceSet("wide", 1, tuple(named))


class Count(ToyQuality):
    """A further cost, the same on every device."""

    query: ClassVar[bool] = False
    direction = "min"

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = self.short = f"count{number}"  # pyright: ignore[reportAttributeAccessIssue]

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """As of quality, and never zero."""
        found = super().evaluate(architectures, device, context, split)
        return [attrs.evolve(value, value=value.value + 1.0) for value in found]


def devices(count: int) -> tuple[Device, ...]:
    """Made-up hardware, all different."""
    return tuple(ToyDevice(f"toy-{i}", power=0.5 + 1.5 * i / max(1, count)) for i in range(count))


def objectives(count: int, quality: Objective) -> tuple[Objective, ...]:
    """Quality, latency, energy and further counts, ``count`` in all, at least two."""
    every = (quality, ToyLatency(), ToyEnergy(), *(Count(i) for i in range(count)))
    return every[:count]


def toy(n_devices: int = 4, n_objectives: int = 3, n_choices: int = 9) -> Problem:
    """Without supernet: quality is a formula."""
    context = Context(Wide(count=n_choices), ToyTask())
    return _problem(context, objectives(n_objectives, ToyQuality()), n_devices)


def real(space: str, n_devices: int, n_objectives: int = 3, task: str | None = None) -> Problem:
    """With the supernet of an installed space and a task of it."""
    catalog = Catalog.installed()
    made: SearchSpace = catalog.create("space", space)
    default = f"default-task:{made.name}"
    found = (e.name for e in catalog.entries("task") if default in e.spec.provides)
    named = task or next(found, "pystdlib")
    data = catalog.create("task", named, argument=None)
    with seeded_construction(0):
        context = Context(made, data, made.supernet(data))
    return _problem(context, objectives(n_objectives, Quality(data)), n_devices)


def _problem(context: Context, chosen: tuple[Objective, ...], n_devices: int) -> Problem:
    meter = Meter(Budget.parse("1000steps"))
    found = devices(n_devices)
    evaluator = Evaluator(context, chosen, meter, found)
    return Problem(context, chosen, found, evaluator, ToyEmbedding(), meter)


def learning(problem: Problem, options: Options) -> MODNAS:
    """A search that is about to take its first architecture step."""
    optimizer = MODNAS(options)
    optimizer.start(problem, torch.Generator().manual_seed(0))
    if options.quality == "supernet":
        problem.context.require_supernet().eval()
        optimizer.step()  # fits the cost predictor
        return optimizer
    while optimizer._stage != "learning":
        optimizer.step()
    return optimizer


def architecture_step(problem: Problem, options: Options) -> Work:
    """One step of the hypernetwork for all devices of a problem."""
    optimizer = learning(problem, options)
    targets = optimizer._landscape.targets(problem.devices)
    features = optimizer._landscape.cost.device_scale(targets.embedding)
    quality, generator = optimizer._quality_loss(), torch.Generator().manual_seed(1)
    return lambda: optimizer._architect.step(targets, features, 0.0, generator, quality)
