"""Scale pyramid pooling loss (NAS-Count, Hu et al., ECCV 2020, arXiv 2003.00217).

    L = |D - D*|^2 / N + weight * sum_s softmax(w)_s |P_s(D) - P_s(D*)|^2 / N_s

D and D* are the map and its target, P_s means over squares of 2^s pixels, N and N_s are numbers
of places. The squared error of single pixels does not tell a blob that moved from one that is
missing; coarser pools do, and the whole is the count.

Deviation: the shares w are searched by unrolled steps on the error of counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.loss import Loss
from monas_core.parts.task import Task
from monas_losses.options import PyramidOptions
from monas_losses.squared import differences, gain_of


class Pyramid(Loss):
    """Squared differences of maps ``(B, C, H, W)`` and of their pools.

    Attributes:
        logits: ``(levels,)``; their softmax is the share of each pool.
    """

    name: ClassVar[str] = "spp"

    def __init__(self, task: Task, options: PyramidOptions | None = None) -> None:
        super().__init__(task)
        self.options = options or PyramidOptions()
        self.logits = torch.zeros(self.options.levels, requires_grad=self.options.search)

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        """Of each sample, ``(B,)``.

        Raises:
            UsageError: Outputs and targets are no maps of one shape.
        """
        difference = gain_of(self.task) * differences(outputs, targets, self.task.name)
        shares = self.logits.softmax(0).to(difference)
        pooled = torch.stack([_pooled(difference, 2 ** (s + 1)) for s in range(len(shares))], 1)
        return _mean_square(difference) + self.options.weight * (pooled * shares).sum(1)

    def searched(self) -> Sequence[Tensor]:
        """The logits of the shares, where they are searched."""
        return (self.logits,) if self.options.search else ()

    def judged(self, outputs: Any, targets: Any) -> Tensor:
        """Error of the count, ``(B,)``: what the score is the mean of."""
        return differences(outputs, targets, self.task.name).flatten(1).sum(1).abs()

    def told(self) -> Mapping[str, float]:
        """The share of every pool, by its kernel."""
        shares = self.logits.detach().softmax(0).tolist()
        return {f"pool {2 ** (s + 1)}": share for s, share in enumerate(shares)}


def _pooled(difference: Tensor, kernel: int) -> Tensor:
    """Mean square of means over squares of a side, ``(B,)``; none is larger than the map."""
    height, width = difference.shape[-2:]
    sides = (min(kernel, height), min(kernel, width))
    means = F.avg_pool2d(difference, sides, ceil_mode=True, count_include_pad=False)
    return _mean_square(means)


def _mean_square(maps: Tensor) -> Tensor:
    return maps.square().flatten(1).mean(1)
