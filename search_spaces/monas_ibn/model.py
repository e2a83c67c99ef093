"""A network of inverted bottlenecks, one file read top to bottom.

Akin et al., "Searching for Efficient Neural Architectures for On-Device ML on Edge TPUs",
arXiv 2204.14007. It knows nothing of choices or of weight sharing; those are in ``space``.
Shapes: B samples, C channels, H and W pixels, V classes.

Deviation: no dropout and no dropped blocks, whose randomness no caller could seed; norms have
torch's usual momentum and epsilon.
"""

from __future__ import annotations

from typing import cast

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_ibn.sizes import Operation


@attrs.frozen
class BlockConfig:
    """Sizes of one inverted bottleneck.

    Attributes:
        name: Of its place, by which weights are shared: what widens and what narrows by all
            operations that have it, the spatial convolution by those of its own kind.
        operation: What widens and convolves: a 1 x 1 convolution and a depthwise or grouped
            one, or a single convolution in place of both (fused).
        inputs, middle, outputs: Channels.
        kernel, stride, groups: Of the spatial convolution.
    """

    name: str
    operation: Operation
    inputs: int
    middle: int
    outputs: int
    kernel: int
    stride: int
    groups: int

    @property
    def fused(self) -> bool:
        """Whether one convolution widens and looks at neighbours."""
        return self.operation in ("fused", "fused-grouped")

    @property
    def residual(self) -> bool:
        """Whether the block's input is added to its output."""
        return self.stride == 1 and self.inputs == self.outputs


@attrs.frozen
class NetworkConfig:
    """Sizes of one network.

    Attributes:
        channels: Of the images.
        stem, stem_kernel, stem_stride: Of the first convolution.
        entry: Channels after the first projection.
        blocks: In order.
        top: Channels of the last convolution.
        classes: Number of classes.
    """

    channels: int
    stem: int
    stem_kernel: int
    stem_stride: int
    entry: int
    blocks: tuple[BlockConfig, ...]
    top: int
    classes: int


class ConvNorm(nn.Module):
    """Convolution without bias, then batch norm."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        return self.norm(self.conv(x))


class Block(nn.Module):
    """Inverted bottleneck: widen, look at neighbours, narrow."""

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = config
        self.expand = None if config.fused else ConvNorm(config.inputs, config.middle)
        spatial = ConvNorm(
            config.inputs if config.fused else config.middle,
            config.middle,
            config.kernel,
            stride=config.stride,
            groups=config.groups,
        )
        self.spatial = nn.ModuleDict({config.operation: spatial})
        self.project = ConvNorm(config.middle, config.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        hidden = x if self.expand is None else F.relu(self.expand(x))
        out = self.project(F.relu(self.spatial[self.config.operation](hidden)))
        return x + out if self.config.residual else out


class IBNNetwork(nn.Module):
    """Images to logits."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = ConvNorm(
            config.channels, config.stem, config.stem_kernel, stride=config.stem_stride
        )
        self.entry = ConvNorm(config.stem, config.entry)
        self.blocks = nn.ModuleDict({block.name: Block(block) for block in config.blocks})
        self.final = ConvNorm(config.blocks[-1].outputs, config.top)
        self.classifier = nn.Linear(config.top, config.classes)
        self.reset()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, V), unnormalised, of images (B, channels, H, W)."""
        x = F.relu(self.stem(images.contiguous(memory_format=torch.channels_last)))
        x = self.entry(x)
        for block in self.blocks.values():
            x = cast("Block", block)(x)
        return self.classifier(F.relu(self.final(x)).mean((2, 3)))

    def reset(self) -> None:
        """Draw fresh weights: of convolutions as He et al. (2015) by their outputs.

        The classifier starts small, so that the first loss is that of an even guess.
        """
        if self.classifier.weight.is_meta:  # no numbers to draw, and pretending to takes long
            return
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                fan = layer.weight[:, 0].numel() / layer.groups
                nn.init.normal_(layer.weight, std=(2 / fan) ** 0.5)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)
