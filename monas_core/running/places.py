"""Where this machine computes, and with which recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import torch
from torch import nn

from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.record.config import RunConfig
from monas_core.tracing.workload import Tracer
from monas_core.values.recipe import Recipe

TRAINING = "training"
"""What a trainer provides that keeps to the recipe, micro-batches and processes included."""

_AVAILABLE: Mapping[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "xpu": torch.xpu.is_available,
}


def found_device(name: str) -> torch.device:
    """The torch device that is meant. Raises UsageError where this machine has none such."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not _AVAILABLE[name]():
        there = ", ".join(known for known, available in _AVAILABLE.items() if available())
        raise UsageError(
            f"torch device {name} was asked for, but torch finds none; use auto, or of what is "
            f"there: {there}."
        )
    return torch.device(name)


def recipe_of(recommended: Recipe, config: RunConfig, place: torch.device) -> Recipe:
    """The recipe of a run: the space's, with what a person said.

    A recommended precision is for accelerators; few CPUs are faster with less.

    Raises:
        UsageError: A value that is none, or one that would have no effect.
    """
    if place.type == "cpu":
        recommended = attrs.evolve(recommended, precision="fp32")
    return recommended.changed(config.training.given)


def match_training(config: RunConfig, trainer: Entry, context: Context) -> None:
    """Whether what was said of trainings has an effect. Raises UsageError."""
    given = config.training.given
    if not given:
        return
    if "supernet" in trainer.spec.provides and TRAINING not in trainer.spec.provides:
        raise UsageError(
            f'Trainer "{trainer.name}" trains in its own way and does not keep to '
            f"{', '.join(f'training.{name}' for name in given)}; leave that out, or choose another "
            "trainer, such as sandwich."
        )
    modules: list[nn.Module] = []
    if given.get("channels_last") or given.get("recompute"):
        space, task = context.space, context.require_task()
        smallest = space.ends().smallest
        modules = list(Tracer().build(lambda: space.build(smallest, task)).modules())
    if given.get("recompute") and not any(hasattr(module, "recompute") for module in modules):
        raise UsageError(
            f'training.recompute has no effect: networks of space "{context.space.name}" cannot '
            "compute their layers again; leave it out, or use a smaller training.micro_batch."
        )
    if given.get("channels_last") and not any(isinstance(m, nn.Conv2d) for m in modules):
        raise UsageError(
            f'training.channels_last has no effect: networks of space "{context.space.name}" '
            "have no convolutions over images; leave it out."
        )
