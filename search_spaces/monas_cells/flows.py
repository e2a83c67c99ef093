"""Ways to run the supernet's network: which operations an edge runs, what its norms know.

Batch norms are the difficulty of shared weights: the mean and variance in front of a layer
depend on which operations come before it, so statistics gathered over many subnets fit none.
Here statistics always belong to one architecture. In training they are those of the samples
that see it; otherwise those of a fixed batch of training images sent through it first.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_cells.operations import Flow, Operation

Statistics = Mapping[nn.BatchNorm2d, tuple[Tensor, Tensor]]
"""Mean and unbiased variance of every norm that ran, each ``(A*C,)`` for A architectures."""


class GroupedNorms(Flow):
    """Norms for A architectures, each seen by a group of neighbouring samples.

    Args:
        groups: A.
        known: Statistics to normalise with; without them those of each group.
        record: Where statistics of the groups are put, if given.
    """

    def __init__(
        self,
        groups: int = 1,
        *,
        known: Statistics | None = None,
        record: MutableMapping[nn.BatchNorm2d, tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        self.groups = groups
        self._known = known
        self._record = record

    def norm(self, layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
        """(A*N, C, H, W) to the same, group by group."""
        count, weight, bias = self.groups, layer.weight, layer.bias
        if count > 1:  # the channels of A groups side by side are A*C channels to batch norm
            x = x.unflatten(0, (count, -1)).transpose(0, 1).flatten(1, 2)  # (N, A*C, H, W)
            weight, bias = weight.repeat(count), bias.repeat(count)  # (A*C,)
        if self._known is not None:
            mean, variance = self._known[layer]
            x = F.batch_norm(x, mean, variance, weight, bias, training=False, eps=layer.eps)
        elif self._record is not None:
            mean, variance = torch.zeros_like(weight), torch.zeros_like(weight)
            x = F.batch_norm(
                x, mean, variance, weight, bias, training=True, momentum=1.0, eps=layer.eps
            )
            self._record[layer] = mean, variance
        else:
            x = F.batch_norm(x, None, None, weight, bias, training=True, eps=layer.eps)
        if count > 1:
            x = x.unflatten(1, (count, -1)).transpose(0, 1).flatten(0, 1)  # (A*N, C, H, W)
        return x


class SinglePath(GroupedNorms):
    """One architecture: every edge runs one operation or none, at the cost of the subnet.

    Args:
        answers: Operation of each edge; ``None`` where the edge is not there.
        known, record: As for ``GroupedNorms``.
    """

    def __init__(
        self,
        answers: Sequence[str | None],
        *,
        known: Statistics | None = None,
        record: MutableMapping[nn.BatchNorm2d, tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        super().__init__(known=known, record=record)
        self._answers = answers

    def edge(self, number: int, operations: nn.ModuleDict, x: Tensor) -> Tensor | None:
        """The chosen operation alone."""
        answer = self._answers[number]
        return None if answer is None else cast("Operation", operations[answer])(x, self)


class ExactMixture(GroupedNorms):
    """A mixtures: every edge runs all operations and adds them up by weight.

    Args:
        weights: ``(A, E, K)``: of the K operations of the E edges.
        known, record: As for ``GroupedNorms``.
    """

    def __init__(
        self,
        weights: Tensor,
        *,
        known: Statistics | None = None,
        record: MutableMapping[nn.BatchNorm2d, tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        super().__init__(len(weights), known=known, record=record)
        self._weights = weights

    def edge(self, number: int, operations: nn.ModuleDict, x: Tensor) -> Tensor:
        """All operations, weighted group by group."""
        group = len(x) // self.groups
        weights = self._weights[:, number].repeat_interleave(group, 0)  # (A*N, K)
        total: Tensor | None = None
        for place, operation in enumerate(operations.values()):
            found = cast("Operation", operation)(x, self)
            if found is not None:
                share = weights[:, place, None, None, None]
                total = found * share if total is None else torch.addcmul(total, found, share)
        return torch.zeros_like(x) if total is None else total

    def share(self, number: int, samples: int) -> Tensor:
        """The weight of all operations together."""
        group = samples // self.groups
        return self._weights[:, number].sum(-1).repeat_interleave(group, 0)[:, None, None, None]


def centred(weights: Tensor, sizes: Tensor | int) -> Tensor:
    """The same weights ``(A, C, K)``, with the part of their gradient taken out that would change
    the sum of a choice.

    Weights sum to 1, so this changes no value. An option is credited with what it does better
    than the mean of all, and one that adds nothing to a sum gets its due as well.

    Args:
        weights: 0 beyond the options of a choice.
        sizes: Options of each choice, ``(C,)``; K where all have as many.
    """
    if isinstance(sizes, int):
        return weights - (weights.sum(-1, keepdim=True) - 1) / sizes
    sizes = sizes.to(weights.device)[:, None]
    exists = torch.arange(weights.shape[-1], device=weights.device) < sizes
    return weights - (weights.sum(-1, keepdim=True) - 1) / sizes * exists
