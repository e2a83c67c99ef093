"""What edges of cells may do, and who decides what they do in a pass.

Shapes: B images, C channels, H and W height and width.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn


class Flow:
    """How a network that stands alone is run: each edge by its only operation."""

    def edge(self, number: int, operations: nn.ModuleDict, x: Tensor) -> Tensor | None:
        """What an edge carries from an input (B, C, H, W); ``None`` for nothing.

        Args:
            number: Of the edge among all the space decides on.
            operations: What the edge has weights for; none where it is not there.
            x: Output of the node it starts from.
        """
        del number
        if not len(operations):
            return None
        (operation,) = operations.values()
        return cast("Operation", operation)(x, self)

    def share(self, number: int, samples: int) -> Tensor | None:
        """How much an edge counts for each of B samples, (B, 1, 1, 1); ``None`` for wholly."""
        del number, samples
        return None

    def norm(self, layer: nn.BatchNorm2d, x: Tensor) -> Tensor:
        """Batch norm of (B, C, H, W)."""
        return layer(x)


ALONE = Flow()


class Operation(nn.Module):
    """What an edge may do. Called with (B, C, H, W) and the flow; ``None`` is nothing."""

    def forward(self, x: Tensor, flow: Flow) -> Tensor | None:
        """The identity (``skip_connect``)."""
        del flow
        return x


class ConvNorm(Operation):
    """``nor_conv_KxK``: ReLU, convolution without bias, batch norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/stride, W/stride)."""
        return flow.norm(self.norm, self.conv(F.relu(x)))


def draw_weights(network: nn.Module) -> None:
    """Fresh weights of convolutions as He et al. (arXiv 1502.01852); norms stay at 1."""
    if next(network.parameters()).is_meta:  # no numbers to draw, and pretending to takes long
        return
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
