"""The networks of DARTS (arXiv 1806.09055), one file read top to bottom.

Stem, cells in a row of which some halve the image and double the channels, average over the image,
linear layer. It knows nothing of choices; a ``Flow`` decides what an edge does and what a norm
normalises with. Shapes: B images, C channels, H and W height and width, V classes.

Deviation: no auxiliary head and no dropped paths, which belong to a training of 600 epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_cells.darts.operations import entrance, operation
from monas_cells.darts.sizes import INPUTS, KINDS, Sizes
from monas_cells.operations import ALONE, ConvNorm, Flow, draw_weights


class Cell(nn.Module):
    """Two inputs, nodes that add up what their edges carry, and all nodes side by side.

    Args:
        sizes: Of the preset.
        inputs: Channels of the two cells before.
        channels: Of each node outside of a bottleneck.
        reduces: Whether it halves the image.
        halve: Whether the first input is twice as large as the second.
        operations: Of the edges of both kinds of cells.
    """

    def __init__(
        self,
        sizes: Sizes,
        inputs: tuple[int, int],
        channels: int,
        operations: Sequence[Sequence[str]],
        *,
        reduces: bool,
        halve: bool,
    ) -> None:
        super().__init__()
        self.nodes, self.partial = sizes.nodes, sizes.partial
        inner = max(1, channels // sizes.bottleneck)
        self.entrances = nn.ModuleList(
            [entrance(inputs[0], inner, halve=halve), entrance(inputs[1], inner, halve=False)]
        )
        seen = max(1, inner // sizes.partial)
        edges = [edge for edge in sizes.edges() if edge.kind == KINDS[0]]
        self.first = len(edges) if reduces else 0  # of its edges among those of both kinds
        self.strides = [2 if reduces and edge.source < INPUTS else 1 for edge in edges]
        self.edges = nn.ModuleList(
            nn.ModuleDict({name: operation(name, seen, stride) for name in names})
            for names, stride in zip(operations[self.first :], self.strides, strict=False)
        )
        self.seen = seen
        wide = sizes.bottleneck > 1
        self.exit = ConvNorm(sizes.nodes * inner, sizes.nodes * channels, 1) if wide else None

    def forward(self, before: Tensor, x: Tensor, flow: Flow) -> Tensor:
        """What the two cells before gave, to (B, nodes * channels, H, W) of this one."""
        inputs = zip(self.entrances, (before, x), strict=True)
        nodes = [door(tensor, flow) for door, tensor in inputs]
        number = 0
        for _ in range(self.nodes):
            carried: list[Tensor] = []
            for source in nodes:
                found = self._edge(number, source, flow)
                if found is not None:
                    carried.append(found)
                number += 1
            total = carried[0]
            for part in carried[1:]:
                total = total + part
            nodes.append(total)
        out = torch.cat(nodes[INPUTS:], 1)
        return out if self.exit is None else self.exit(out, flow)

    def _edge(self, number: int, x: Tensor, flow: Flow) -> Tensor | None:
        """What an edge carries; of partial channels the others pass by, and all are shuffled."""
        operations = cast("nn.ModuleDict", self.edges[number])
        if self.partial == 1:
            return flow.edge(self.first + number, operations, x)
        found = flow.edge(self.first + number, operations, x[:, : self.seen])
        if found is None:
            return None
        rest = x[:, self.seen :]
        rest = rest if self.strides[number] == 1 else F.max_pool2d(rest, 2, ceil_mode=True)
        share = flow.share(self.first + number, len(x))
        whole = torch.cat([found, rest if share is None else rest * share], 1)
        # (B, C, H, W), the channels of each part in turn (PC-DARTS, section 3.2)
        groups = self.partial if whole.shape[1] % self.partial == 0 else 1
        return whole.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class CellNetwork(nn.Module):
    """Images to logits of their classes.

    Args:
        sizes: Of the preset.
        operations: For every edge of both kinds of cells, those it has weights for.
        inputs: Channels of the images.
        classes: V.
    """

    def __init__(
        self, sizes: Sizes, operations: Sequence[Sequence[str]], inputs: int, classes: int
    ) -> None:
        super().__init__()
        width = sizes.stem * sizes.channels
        self.stem = nn.Conv2d(inputs, width, 3, stride=sizes.stem_stride, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        before, last, channels, halve = width, width, sizes.channels, False
        cells: list[Cell] = []
        for number in range(sizes.cells):
            reduces = number in sizes.reductions
            channels *= 2 if reduces else 1
            cells.append(
                Cell(sizes, (before, last), channels, operations, reduces=reduces, halve=halve)
            )
            before, last, halve = last, sizes.nodes * channels, reduces
        self.cells = nn.ModuleList(cells)
        self.head = nn.Linear(last, classes)
        draw_weights(self)
        # convolutions of few channels run faster so
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def forward(self, images: Tensor, flow: Flow = ALONE) -> Tensor:
        """Logits (B, V), unnormalised, of images (B, inputs, H, W)."""
        before = x = flow.norm(self.stem_norm, self.stem(images))
        for cell in self.cells:
            before, x = x, cell(before, x, flow)
        return self.head(x.mean((2, 3)))
