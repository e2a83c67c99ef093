"""The operations of DARTS on an edge (arXiv 1806.09055, section 3.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_cells.operations import ConvNorm, Flow, Operation


class MaxPool(Operation):
    """``max_pool_3x3``."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to (B, C, H/stride, W/stride)."""
        del flow
        return F.max_pool2d(x, 3, stride=self.stride, padding=1)


class AveragePool(MaxPool):
    """``avg_pool_3x3``: mean over the neighbours that lie within the image."""

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to (B, C, H/stride, W/stride)."""
        del flow
        return F.avg_pool2d(x, 3, stride=self.stride, padding=1, count_include_pad=False)


class FactorizedReduce(Operation):
    """Halves the image by two convolutions of which each sees every other pixel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs - outputs // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/2, W/2)."""
        x = F.relu(x)
        shifted = F.pad(x, (0, 1, 0, 1))[..., 1:, 1:]  # of the same size, also where H is odd
        return flow.norm(self.norm, torch.cat([self.even(x), self.odd(shifted)], 1))


class SpatialConv(Operation):
    """ReLU, a convolution of each channel alone, one across channels, batch norm."""

    def __init__(self, channels: int, kernel: int, stride: int, dilation: int = 1) -> None:
        super().__init__()
        self.depth = nn.Conv2d(
            channels,
            channels,
            kernel,
            stride=stride,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            groups=channels,
            bias=False,
        )
        self.point = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to (B, C, H/stride, W/stride)."""
        return flow.norm(self.norm, self.point(self.depth(F.relu(x))))


class SeparableConv(Operation):
    """``sep_conv_KxK``: two of the above."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = SpatialConv(channels, kernel, stride)
        self.second = SpatialConv(channels, kernel, 1)

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to (B, C, H/stride, W/stride)."""
        return self.second(self.first(x, flow), flow)


def operation(name: str, channels: int, stride: int) -> Operation:
    """A freshly initialised operation by its published name."""
    if name.startswith("sep_conv"):
        return SeparableConv(channels, int(name[-1]), stride)
    if name.startswith("dil_conv"):
        return SpatialConv(channels, int(name[-1]), stride, dilation=2)
    if name == "skip_connect":
        return Operation() if stride == 1 else FactorizedReduce(channels, channels)
    return {"max_pool_3x3": MaxPool, "avg_pool_3x3": AveragePool}[name](stride)


def entrance(inputs: int, outputs: int, *, halve: bool) -> Operation:
    """What brings an input of a cell to its width, and to its size where that is twice as large."""
    return FactorizedReduce(inputs, outputs) if halve else ConvNorm(inputs, outputs, 1)
