"""A cheap stand-in for quality: the task's loss on a few samples of the search part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Batch, placed
from monas_core.seeding import derived_generator
from monas_core.values.architecture import Architecture

_CHUNK = 64
"""Samples that pass through the supernet at once."""


class Fidelity:
    """Loss with weights inherited from the supernet, on a share of the evaluation data.

    All architectures see the same samples, so that their losses can be compared. A full
    evaluation has as many samples as the task's own evaluation of the search part shows
    a model.

    Raises:
        UsageError: There is no supernet to take weights from.
    """

    def __init__(self, context: Context) -> None:
        if context.supernet is None:
            raise UsageError(
                "Judging by a few samples needs a supernet, and this problem has only complete "
                "values; choose another optimizer, or a search space with a supernet."
            )
        self._context = context
        self._supernet: Supernet = context.supernet
        self._batches: dict[float, Batch] = {}

    def losses(self, architectures: Sequence[Architecture], share: float) -> NDArray[np.float64]:
        """Mean loss of each architecture on ``share`` of a full evaluation's samples, ``(n,)``."""
        batch = self._batch(share)
        was_training = self._supernet.training
        self._supernet.eval()
        try:
            with torch.no_grad():
                return np.array([self._loss(a, batch) for a in architectures], dtype=np.float64)
        finally:
            self._supernet.train(was_training)

    @cached_property
    def full(self) -> int:
        """Samples of a complete evaluation, counted while the smallest subnet is evaluated."""
        smallest = self._context.space.ends().smallest
        seen = 0

        def model(inputs: Any) -> Any:
            nonlocal seen
            seen += len(tree_leaves(inputs)[0])
            return self._supernet(placed(inputs, self._context.torch_device), smallest)

        with torch.no_grad():
            self._context.require_task().evaluate(model, "search")
        return seen

    def _batch(self, share: float) -> Batch:
        if share not in self._batches:
            size = max(1, round(share * self.full))
            generator = derived_generator(0, "fidelity", str(size))
            self._batches[share] = self._context.require_task().batch("search", size, generator)
        return self._batches[share]

    def _loss(self, architecture: Architecture, batch: Batch) -> float:
        task, size = self._context.require_task(), len(tree_leaves(batch.inputs)[0])
        total = 0.0
        for start in range(0, size, _CHUNK):
            inputs, targets = tree_map(
                lambda x, at=start: x[at : at + _CHUNK], (batch.inputs, batch.targets)
            )
            chunk = Batch(inputs, targets).to(self._context.torch_device)
            outputs = self._supernet(chunk.inputs, architecture)
            total += float(task.loss(outputs, chunk.targets).double().sum())
        return total / size
