"""Learning an order from pairs: which of two is better, not by how much."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pairwise_loss(first: Tensor, second: Tensor, better: Tensor) -> Tensor:
    """Mean logistic loss of scores ``(B,)`` of pairs, log(1 + exp(-y (s1 - s2))).

    ``better`` holds y: 1 where the first wins, else -1. Burges et al., Learning to rank using
    gradient descent, 2005.
    """
    return F.softplus(-better * (first - second)).mean()


def pair_accuracy(first: Tensor, second: Tensor, better: Tensor) -> float:
    """Share of pairs ordered as they should be; a tie of scores counts half."""
    agreement = torch.sign(first - second) * better
    return float(((agreement + 1) / 2).mean())


def under_budget(cost: Tensor, quality: Tensor, budget: Tensor) -> Tensor:
    """Which of two is better under a budget: 1 for the first, -1 for the second, ``(B,)``.

    Both over it, the cheaper wins; both within, the better; else the one that is within
    (PFNAG, arXiv 2103.00219, section 3.3).

    Args:
        cost: ``(B, 2)``.
        quality: ``(B, 2)``, minimised.
        budget: ``(B,)``, in the unit of the cost.
    """
    within = cost <= budget[:, None]
    key = torch.where(within.all(1), quality[:, 1] - quality[:, 0], cost[:, 1] - cost[:, 0])
    # a mixed pair is decided by who is within, which is also the cheaper one
    return torch.where(key >= 0, 1.0, -1.0)
