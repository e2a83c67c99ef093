"""A MobileNetV3 as once-for-all builds it, one file read top to bottom.

Howard et al., arXiv 1905.02244; Cai et al., arXiv 1908.09791. It knows nothing of
choices or of weight sharing; those are in ``space`` and ``supernet``.
Shapes: B samples, C channels, H and W pixels, V classes.

Deviation: no dropout before the classifier, whose randomness no caller could seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_mobilenetv3.sizes import Activation

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "h-swish": F.hardswish,
}


@attrs.frozen
class BlockConfig:
    """Sizes of one inverted residual block.

    Attributes:
        inputs, middle, outputs: Channels; a block whose middle equals its inputs and that is
            not ``expanded`` has no first convolution.
        kernel: Size of the depthwise convolution.
        stride: Of the depthwise convolution.
        squeeze: Channels of the bottleneck of squeeze-and-excitation, 0 for none.
        activation: Nonlinearity.
        expanded: Whether a convolution leads from ``inputs`` to ``middle``.
    """

    inputs: int
    middle: int
    outputs: int
    kernel: int
    stride: int
    squeeze: int
    activation: Activation
    expanded: bool = True

    @property
    def residual(self) -> bool:
        """Whether the block's input is added to its output."""
        return self.stride == 1 and self.inputs == self.outputs


@attrs.frozen
class NetworkConfig:
    """Sizes of one network.

    Attributes:
        resolution: Height and width in pixels that images are resized to.
        channels: Of the images.
        stem: Output channels of the first convolution.
        stem_stride: Its stride.
        first: The fixed block after it.
        stages: Blocks by stage.
        head: Channels of the last convolution and of the layer before the classifier.
        classes: Number of classes.
        tracking: Whether batch norms keep statistics; those of a supernet would be of no subnet.
    """

    resolution: int
    channels: int
    stem: int
    stem_stride: int
    first: BlockConfig
    stages: tuple[tuple[BlockConfig, ...], ...]
    head: tuple[int, int]
    classes: int
    tracking: bool = True


class ConvNorm(nn.Module):
    """Convolution without bias, then batch norm."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        tracking: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs, track_running_stats=tracking)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        return self.norm(self.conv(x))


class Squeeze(nn.Module):
    """Squeeze-and-excitation: every channel times a gate that sees all channels' means."""

    def __init__(self, channels: int, middle: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, middle)
        self.expand = nn.Linear(middle, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        gate = F.hardsigmoid(self.expand(F.relu(self.reduce(x.mean((2, 3))))))  # (B, C)
        return x * gate[:, :, None, None]


class Block(nn.Module):
    """Inverted residual: widen, convolve each channel, gate the channels, narrow."""

    def __init__(self, config: BlockConfig, *, tracking: bool = True) -> None:
        super().__init__()
        self.config = config
        middle = config.middle
        self.expand = (
            ConvNorm(config.inputs, middle, tracking=tracking) if config.expanded else None
        )
        self.depthwise = ConvNorm(
            middle,
            middle,
            config.kernel,
            stride=config.stride,
            groups=middle,
            tracking=tracking,
        )
        self.squeeze = Squeeze(middle, config.squeeze) if config.squeeze else None
        self.project = ConvNorm(middle, config.outputs, tracking=tracking)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        activate = ACTIVATIONS[self.config.activation]
        hidden = x if self.expand is None else activate(self.expand(x))
        hidden = activate(self.depthwise(hidden))
        if self.squeeze is not None:
            hidden = self.squeeze(hidden)
        out = self.project(hidden)
        return x + out if self.config.residual else out


class MobileNetV3(nn.Module):
    """Images to logits."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        tracking = config.tracking
        wide, last = config.head
        self.stem = ConvNorm(
            config.channels, config.stem, 3, stride=config.stem_stride, tracking=tracking
        )
        self.first = Block(config.first, tracking=tracking)
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(block, tracking=tracking) for block in stage)
            for stage in config.stages
        )
        self.final = ConvNorm(config.stages[-1][-1].outputs, wide, tracking=tracking)
        self.mix = nn.Linear(wide, last, bias=False)
        self.classifier = nn.Linear(last, config.classes)
        self.reset()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, V), unnormalised, of images (B, channels, H, W) of any size."""
        x = F.hardswish(self.stem(resized(images, self.config.resolution)))
        x = self.first(channels_last(x) if self.training else x)
        for stage in self.stages:
            for block in cast("nn.ModuleList", stage):
                x = block(x)
        return self.head(F.hardswish(self.final(x)))

    def head(self, x: Tensor) -> Tensor:
        """Logits (B, V) of the last feature map (B, wide, H, W)."""
        return self.classifier(F.hardswish(self.mix(x.mean((2, 3)))))

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
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        nn.init.normal_(self.classifier.weight, std=0.01)


def channels_last(x: Tensor) -> Tensor:
    """The same values (B, C, H, W) in another order: halves a training step's time on CPUs."""
    return x.contiguous(memory_format=torch.channels_last)


def resized(images: Tensor, resolution: int) -> Tensor:
    """Images (B, C, H, W) as (B, C, resolution, resolution), bilinear."""
    if tuple(images.shape[2:]) == (resolution, resolution):
        return images
    size = (resolution, resolution)
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False)
