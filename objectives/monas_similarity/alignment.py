"""Linear centred kernel alignment of two sets of features.

Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019
(arXiv 1905.00414), equations 3 and 4 with linear kernels.
"""

from __future__ import annotations

import torch
from torch import Tensor


def alignment(first: Tensor, second: Tensor) -> Tensor:
    """Between 0 and 1, of features ``(B, ...)`` of the same samples; differentiable."""
    one, other = _centred_kernel(first), _centred_kernel(second)
    shared = (one * other).sum()
    return shared / (one.norm() * other.norm()).clamp_min(torch.finfo(one.dtype).tiny)


def _centred_kernel(features: Tensor) -> Tensor:
    """H K H with K = X X^T of the samples' features, ``(B, B)``; scaled, which cancels out."""
    flat = features.flatten(1)
    flat = flat - flat.mean(dim=0)
    return flat @ flat.T / flat.shape[1]
