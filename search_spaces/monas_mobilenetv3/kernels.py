"""Elastic kernels: smaller ones are learned linear maps of the centre of larger ones.

Cai et al., arXiv 1908.09791, section 3.2: one matrix per block and step (7 to 5, then
5 to 3), shared by all channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class KernelTransform(nn.Module):
    """Kernels of every size from the largest one.

    Args:
        kernels: Sizes, ascending.
    """

    def __init__(self, kernels: tuple[int, ...]) -> None:
        super().__init__()
        self.kernels = kernels
        # from the second largest to the smallest, each starting as a plain crop
        self.matrices = nn.ParameterList(
            nn.Parameter(torch.eye(size * size)) for size in reversed(kernels[:-1])
        )

    def forward(self, weight: Tensor, size: int) -> Tensor:
        """Kernels (C, 1, size, size) from the largest ones (C, 1, K, K)."""
        smaller = reversed(self.kernels[:-1])
        for step, matrix in zip(smaller, self.matrices, strict=True):
            if step < size:
                break
            margin = (weight.shape[-1] - step) // 2
            centre = weight[:, :, margin : margin + step, margin : margin + step]
            weight = F.linear(centre.flatten(2), matrix).view(-1, 1, step, step)
        return weight
