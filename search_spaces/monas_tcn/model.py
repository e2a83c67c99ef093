"""A temporal convolutional network, one file read top to bottom.

After Bai et al., "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
Sequence Modeling", arXiv 1803.01271, with batch norm in place of weight norm, which disappears
into the convolutions of a deployed network. It knows nothing of choices. Shapes: B windows, C
channels, T steps, V outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_tcn.sizes import Filter


@attrs.frozen
class BlockPlan:
    """A residual block: inner width and both filters."""

    inner: int
    first: Filter
    second: Filter


@attrs.frozen
class StagePlan:
    """One stage: width, filter of its entry, averaging before it, and blocks by number."""

    width: int
    entry: Filter
    pool: int
    blocks: tuple[tuple[int, BlockPlan], ...]


class Unit(nn.Module):
    """A causal convolution and its norm: (B, inputs, T) to (B, outputs, T)."""

    def __init__(self, inputs: int, outputs: int, kind: Filter) -> None:
        super().__init__()
        self.past = kind.field - 1
        self.conv = nn.Conv1d(inputs, outputs, kind.taps, dilation=kind.dilation, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """What a step becomes depends on it and on the past alone."""
        return self.norm(self.conv(F.pad(x, (self.past, 0))))


class Block(nn.Module):
    """Two units beside a shortcut."""

    def __init__(self, width: int, plan: BlockPlan) -> None:
        super().__init__()
        self.first = Unit(width, plan.inner, plan.first)
        self.second = Unit(plan.inner, width, plan.second)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, T) to the same."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class StageLayers(nn.Module):
    """Layers of one width."""

    def __init__(self, inputs: int, plan: StagePlan) -> None:
        super().__init__()
        self.pool = plan.pool
        self.entry = Unit(inputs, plan.width, plan.entry)
        # named by number: a block that is left out leaves the names of the others
        self.blocks = nn.ModuleDict({str(n): Block(plan.width, block) for n, block in plan.blocks})

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T) to (B, width, T / pool)."""
        if self.pool > 1:
            x = F.avg_pool1d(x, self.pool)
        x = torch.relu(self.entry(x))
        for block in self.blocks.values():
            x = block(x)
        return x


class TCN(nn.Module):
    """Windows to outputs, from the last step and the mean of all steps.

    Args:
        stages: In order.
        channels: Of the windows.
        outputs: V.
    """

    def __init__(self, stages: Sequence[StagePlan], channels: int, outputs: int) -> None:
        super().__init__()
        widths = [channels, *(stage.width for stage in stages)]
        self.stages = nn.ModuleList(
            StageLayers(inputs, plan) for inputs, plan in zip(widths, stages, strict=False)
        )
        self.last = nn.Linear(widths[-1], outputs)
        self.mean = nn.Linear(widths[-1], outputs, bias=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Outputs (B, V), unnormalised, of windows (B, channels, T)."""
        x = windows
        for stage in self.stages:
            x = stage(x)
        return self.last(x[:, :, -1]) + self.mean(x.mean(2))
