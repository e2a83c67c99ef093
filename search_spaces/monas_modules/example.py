"""A small residual network, for contracts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """Adds two convolutions to its input.

    Args:
        width: Channels.
        inner: Channels between the convolutions.
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, inner, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(inner)
        self.second = nn.Conv2d(inner, width, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        """``(B, C, H, W)`` to the same."""
        return torch.relu(inputs + self.second(F.relu(self.norm(self.first(inputs)))))


class Plain(nn.Module):
    """From pictures ``(B, 1, 8, 8)`` to ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1, stride=2)
        self.block = Residual(4, 4)
        self.head = nn.Linear(4, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits ``(B, 10)``."""
        found = self.block(F.relu(self.stem(inputs)))
        return self.head(found.mean((2, 3)))
