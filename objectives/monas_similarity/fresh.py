"""Fresh networks and the one batch they are shown: the same in every run."""

from __future__ import annotations

from torch import nn

from monas_core.parts.context import Context
from monas_core.parts.task import Batch
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.values.architecture import Architecture


def fresh(context: Context, architecture: Architecture) -> nn.Module:
    """A network with weights that depend on the architecture alone."""
    with seeded_construction(derived_seed(0, "untrained", architecture.key)):
        network = context.space.build(architecture, context.require_task())
    return network.to(context.torch_device)


def shown(context: Context, size: int) -> Batch:
    """Training samples, the same for every network."""
    batch = context.require_task().batch("train", size, derived_generator(0, "untrained"))
    return batch.to(context.torch_device)
