"""The networks of NAS-Bench-201 (arXiv 2001.00326, figure 1), one file read top to bottom.

Stem, three stages of equal cells, residual blocks between them that halve the image and double
the channels, then batch norm, ReLU, average over the image, linear layer. It knows nothing of
choices; a ``Flow`` lets a caller decide what an edge does and what a norm normalises with.
Shapes: B images, C channels, H and W height and width, V classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_cells.operations import ALONE, ConvNorm, Flow, Operation, draw_weights

STAGES = 3


@attrs.frozen
class CellConfig:
    """Sizes of one network.

    Attributes:
        operations: For every edge, by the node it leads to, the operations it has weights for;
            a network that stands alone has one each.
        nodes: Of a cell.
        cells: Of each stage.
        channels: Of the first stage.
        inputs: Channels of the images.
        classes: V.
    """

    operations: tuple[tuple[str, ...], ...]
    nodes: int
    cells: int
    channels: int
    inputs: int
    classes: int


class Nothing(Operation):
    """``none``: the edge is not there."""

    def forward(self, x: Tensor, flow: Flow) -> Tensor | None:
        """Nothing."""
        del x, flow
        return None


class Pool(Operation):
    """``avg_pool_3x3``: mean over the neighbours that lie within the image."""

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to the same."""
        del flow
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def operation(name: str, channels: int) -> Operation:
    """A freshly initialised operation by its published name."""
    if name == "nor_conv_3x3":
        return ConvNorm(channels, channels, 3)
    if name == "nor_conv_1x1":
        return ConvNorm(channels, channels, 1)
    return {"skip_connect": Operation, "none": Nothing, "avg_pool_3x3": Pool}[name]()


class Cell(nn.Module):
    """Nodes in a row; each sums what the edges from all earlier nodes carry."""

    def __init__(self, config: CellConfig, channels: int) -> None:
        super().__init__()
        self.nodes = config.nodes
        self.edges = nn.ModuleList(
            nn.ModuleDict({name: operation(name, channels) for name in names})
            for names in config.operations
        )

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to the same. A node that nothing leads to is zero."""
        nodes, number = [x], 0
        for target in range(1, self.nodes):
            carried: list[Tensor] = []
            for source in range(target):
                edge = cast("nn.ModuleDict", self.edges[number])
                found = flow.edge(number, edge, nodes[source])
                if found is not None:
                    carried.append(found)
                number += 1
            nodes.append(_total(carried) if carried else torch.zeros_like(x))
        return nodes[-1]


class Reduction(nn.Module):
    """Residual block that halves the image and doubles the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, 2 * channels, 3, stride=2)
        self.second = ConvNorm(2 * channels, 2 * channels, 3)
        self.shortcut = nn.Conv2d(channels, 2 * channels, 1, bias=False)

    def forward(self, x: Tensor, flow: Flow) -> Tensor:
        """(B, C, H, W) to (B, 2C, H/2, W/2)."""
        residual = self.second(self.first(x, flow), flow)
        return self.shortcut(F.avg_pool2d(x, 2)) + residual


class CellNetwork(nn.Module):
    """Images to logits of their classes."""

    def __init__(self, config: CellConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Conv2d(config.inputs, config.channels, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(config.channels)
        widths = [config.channels * 2**stage for stage in range(STAGES)]
        self.stages = nn.ModuleList(
            nn.ModuleList(Cell(config, width) for _ in range(config.cells)) for width in widths
        )
        self.reductions = nn.ModuleList(Reduction(width) for width in widths[:-1])
        self.norm = nn.BatchNorm2d(widths[-1])
        self.head = nn.Linear(widths[-1], config.classes)
        draw_weights(self)
        # convolutions of few channels run faster so
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def forward(self, images: Tensor, flow: Flow = ALONE) -> Tensor:
        """Logits of each image.

        Args:
            images: (B, inputs, H, W), H and W at least 4.
            flow: How edges and norms are run.

        Returns:
            (B, V), unnormalised.

        Raises:
            ValueError: The images are too small to be halved twice.
        """
        if min(images.shape[-2:]) < 2 ** (STAGES - 1):
            raise ValueError(f"images must be at least 4 x 4 pixels, got {tuple(images.shape)}")
        x = flow.norm(self.stem_norm, self.stem(images))
        for number, stage in enumerate(self.stages):
            if number:
                x = self.reductions[number - 1](x, flow)
            for cell in cast("nn.ModuleList", stage):
                x = cell(x, flow)
        x = F.relu(flow.norm(self.norm, x)).mean((2, 3))  # (B, 4C)
        return self.head(x)


def _total(parts: Sequence[Tensor]) -> Tensor:
    """Sum, in order."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
