"""Similarity of representations to a teacher's, as MO-HDNAS judges networks.

Sinha et al., arXiv 2404.12403; the measure is that of RMI-NAS (Zheng et al., CVPR 2022): a fresh
network is fitted to one batch, which asks it for the teacher's features more than for the right
answers; then linear CKA at every tap is summed.

Deviation: 20 steps instead of 150 by default, for CPUs; the fit and the judgement use the same
batch, as published, so the value is one of training data on either split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.space import taps_of
from monas_core.parts.task import Batch, Task
from monas_core.parts.teacher import tapped
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_similarity.alignment import alignment
from monas_similarity.fresh import fresh, shown
from monas_similarity.options import SimilarityOptions


class Similarity(Objective):
    """Sum over taps of the alignment with the teacher's features.

    Args:
        task: Not needed.
        options: See ``SimilarityOptions``.
    """

    name: ClassVar[str] = "similarity"
    short: ClassVar[str] = "similarity"
    unit: str = "CKA"
    direction: Direction = "max"
    query: ClassVar[bool] = True
    stands_in: ClassVar[bool] = True

    def __init__(self, task: Task | None = None, options: SimilarityOptions | None = None) -> None:
        super().__init__(task)
        self._options = options or SimilarityOptions()

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - one batch of training data serves both
    ) -> list[Value]:
        """One fit per architecture."""
        batch = shown(context, self._options.batch)
        wanted = context.require_teacher().features(batch.inputs)
        found = [self._fitted(context, a, batch, wanted) for a in architectures]
        return [Value(value, self.unit, "measured") for value in found]

    def _fitted(
        self, context: Context, architecture: Architecture, batch: Batch, wanted: list[Tensor]
    ) -> float:
        options, task = self._options, context.require_task()
        taps = taps_of(context.space, architecture)
        network = fresh(context, architecture).train()
        updater = torch.optim.SGD(network.parameters(), lr=options.learning_rate, momentum=0.9)
        with torch.enable_grad():
            for _ in range(options.steps):
                outputs, features = tapped(network, taps, batch.inputs)
                apart = sum(
                    (1 - alignment(f, w) for f, w in zip(features, wanted, strict=True)),
                    torch.zeros(()),
                )
                own = task.loss(outputs, batch.targets).mean()
                updater.zero_grad(set_to_none=True)
                (options.share * apart + (1 - options.share) * own).backward()
                updater.step()
        with torch.no_grad():
            _, features = tapped(network, taps, batch.inputs)
            alike = [alignment(f, w) for f, w in zip(features, wanted, strict=True)]
        return float(torch.stack(alike).nan_to_num().sum())
