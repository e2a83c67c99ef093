"""Which evaluations tell most about what an answer may be chosen from."""

from __future__ import annotations

import torch
from torch import Tensor


def most_informative(covariance: Tensor, weights: Tensor, noise: float, count: int) -> Tensor:
    """Indices ``(count,)`` of candidates that lower the weighted variance of all of them most.

    Greedily: each the one with the largest expected reduction once those before it are
    evaluated, which does not depend on what their values will be. For one candidate this is the
    criterion of Cohn (Neural Networks, 1996) as Seo et al. (IJCNN 2000) have it for processes.

    Args:
        covariance: Of the values of n candidates as believed now, ``(n, n)``.
        weights: How much the variance of each counts, ``(n,)``.
        noise: Variance of an evaluation about the value.
        count: At most n.
    """
    left = covariance.clone()
    open_ = torch.ones(len(left), dtype=torch.bool)
    chosen: list[int] = []
    for _ in range(count):
        spread = left.diagonal().clamp_min(0.0) + noise
        gains = (left.square() * weights[None, :]).sum(1) / spread
        index = int(torch.where(open_, gains, -1.0).argmax())
        chosen.append(index)
        open_[index] = False
        column = left[:, index].clone()
        left = left - column[:, None] * column[None, :] / spread[index]
    return torch.tensor(chosen, dtype=torch.int64)
