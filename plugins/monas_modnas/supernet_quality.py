"""Quality straight from the supernet: one masked pass, one architecture per group."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.space import end_rows
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.values.relaxation import Relaxation


class SupernetQuality:
    """Normalised task loss of A relaxed architectures on one fresh batch.

    0 and 1 are the losses of the largest and the smallest subnet on a first
    batch; they are kept, so the scale does not wander during the search.
    """

    def __init__(self, context: Context, batch: int, generator: torch.Generator) -> None:
        self.context = context
        self.batch = batch
        self.generator = generator
        self.scale = [0.0, 1.0]

    def calibrate(self) -> None:
        """Take the scale from one batch."""
        choices = self.context.space.choices
        ends = Relaxation.from_population(choices, end_rows(self.context.space))
        with torch.no_grad():
            smallest, largest = self(ends)[:, 0].tolist()
        self.scale = [largest, max(smallest - largest, 1e-6)]

    def __call__(self, relaxation: Relaxation) -> Tensor:
        """Normalised loss ``(A, 1)``, differentiable in the relaxation."""
        supernet = self.context.supernet
        assert isinstance(supernet, RelaxedSupernet)  # the spec says that it is needed
        task, place = self.context.require_task(), self.context.torch_device
        count = len(relaxation)
        size = max(1, self.batch // count) * count
        low, width = self.scale
        if self.context.helpers is not None:
            return (self._shared(size, relaxation)[:, None] - low) / width
        batch = task.batch("train", size, self.generator).to(place)
        moved = Relaxation(relaxation.choices, relaxation.weights.to(place))
        losses = task.loss(supernet(batch.inputs, moved), batch.targets)
        grouped = losses.reshape(count, -1).mean(1, keepdim=True).cpu()
        return (grouped - low) / width

    def _shared(self, size: int, relaxation: Relaxation) -> Tensor:
        """Mean losses ``(A,)`` from all processes; each depends on its own row alone."""
        assert self.context.helpers is not None
        losses, at_rows = self.context.helpers.losses(self.generator, size, relaxation)
        self.context.require_task().batch("train", size, self.generator)  # the next is another
        weights = relaxation.weights
        return losses + ((weights - weights.detach()) * at_rows).sum((1, 2))
