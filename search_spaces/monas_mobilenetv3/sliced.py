"""One subnet inside the supernet, at its own cost: weights are sliced, nothing is masked.

The same network as ``model.MobileNetV3.forward``, whose weights are the leading part of
each of the supernet's: first blocks of a stage, first channels inside a block. Kernels are
derived from the largest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from monas_mobilenetv3.configure import squeezed_channels
from monas_mobilenetv3.kernels import KernelTransform
from monas_mobilenetv3.model import (
    ACTIVATIONS,
    Block,
    MobileNetV3,
    NetworkConfig,
    Squeeze,
    channels_last,
    resized,
)
from monas_mobilenetv3.norms import Norm


def sliced_logits(
    network: MobileNetV3,
    transforms: nn.ModuleList,
    images: Tensor,
    config: NetworkConfig,
    norm: Norm,
) -> Tensor:
    """Logits of a subnet.

    Args:
        network: The largest network, whose weights all subnets share.
        transforms: Of kernels, by stage and block.
        images: (B, C, H, W).
        config: Sizes of the subnet.
        norm: How activations are normalised.

    Returns:
        (B, V).
    """
    x = images
    for stage in range(len(config.stages)):
        x = sliced_stage(network, transforms, x, config, norm, stage)
    return trailing(network, x, norm)


def sliced_stage(
    network: MobileNetV3,
    transforms: nn.ModuleList,
    x: Tensor,
    config: NetworkConfig,
    norm: Norm,
    wanted: int,
) -> Tensor:
    """Features of one stage, from those of the stage before or, for the first, from images.

    What comes at the size of another resolution, (B, C, H, W), is resized.
    """
    x = resized(x, entering(config, wanted))
    if wanted == 0:
        x = leading(network, x, norm)
    for stage, block, name, shared, transform in elastic_blocks(network, transforms):
        if stage == wanted and block < len(config.stages[stage]):
            sizes = config.stages[stage][block]
            kernel = transform(shared.depthwise.conv.weight[: sizes.middle], sizes.kernel)
            hidden = widened(name, shared, x, sizes.middle, norm)
            hidden = convolved(name, shared, hidden, kernel, norm)
            out = narrowed(name, shared, hidden, norm)
            x = x + out if sizes.residual else out
    return x


def entering(config: NetworkConfig, stage: int) -> int:
    """Height and width of what enters a stage; the stem belongs to the first."""
    if stage == 0:
        return config.resolution
    strides = [config.stem_stride, *(blocks[0].stride for blocks in config.stages[:stage])]
    size = config.resolution
    for stride in strides:
        size = -(-size // stride)  # half of the kernel is padded
    return size


def elastic_blocks(
    network: MobileNetV3, transforms: nn.ModuleList
) -> Iterator[tuple[int, int, str, Block, KernelTransform]]:
    """Stage, number in the stage, name, module and kernel transform of each searched block."""
    for stage, blocks in enumerate(network.stages):
        maps = cast("nn.ModuleList", transforms[stage])
        for block, shared in enumerate(cast("nn.ModuleList", blocks)):
            name = f"stages.{stage}.{block}"
            yield stage, block, name, cast("Block", shared), cast("KernelTransform", maps[block])


def leading(network: MobileNetV3, x: Tensor, norm: Norm) -> Tensor:
    """What comes before the stages, the same in every network."""
    x = F.hardswish(norm("stem.norm", network.stem.norm, network.stem.conv(x)))
    x = channels_last(x)
    first = network.first
    hidden = convolved("first", first, x, first.depthwise.conv.weight, norm)
    return x + narrowed("first", first, hidden, norm)


def widened(name: str, block: Block, x: Tensor, middle: int, norm: Norm) -> Tensor:
    """First convolution of a block, to its first channels: (B, middle, H, W)."""
    assert block.expand is not None
    hidden = F.conv2d(x, block.expand.conv.weight[:middle])
    return _activated(block, norm(f"{name}.expand.norm", block.expand.norm, hidden))


def convolved(
    name: str, block: Block, hidden: Tensor, kernel: Tensor, norm: Norm, option: str = ""
) -> Tensor:
    """Depthwise convolution of (B, c, H, W) with kernels (c, 1, k, k)."""
    layer, size = block.depthwise, kernel.shape[-1]
    hidden = F.conv2d(
        hidden, kernel, stride=layer.conv.stride, padding=size // 2, groups=len(kernel)
    )
    return _activated(block, norm(f"{name}.depthwise.norm{option}", layer.norm, hidden))


def narrowed(name: str, block: Block, hidden: Tensor, norm: Norm, option: str = "") -> Tensor:
    """Gates and last convolution of a block whose inside has the channels of (B, c, H, W)."""
    middle = hidden.shape[1]
    if block.squeeze is not None:
        hidden = hidden * _gate(block.squeeze, hidden.mean((2, 3)))[:, :, None, None]
    out = F.conv2d(hidden, block.project.conv.weight[:, :middle])
    return norm(f"{name}.project.norm{option}", block.project.norm, out)


def trailing(network: MobileNetV3, x: Tensor, norm: Norm) -> Tensor:
    """What comes after the stages, the same in every network: logits (B, V)."""
    x = norm("final.norm", network.final.norm, network.final.conv(x))
    return network.head(F.hardswish(x))


def _gate(squeeze: Squeeze, means: Tensor) -> Tensor:
    """Gates of the first channels from their means, both (B, c)."""
    channels = means.shape[1]
    middle = squeezed_channels(channels)
    reduce, expand = squeeze.reduce, squeeze.expand
    hidden = F.relu(F.linear(means, reduce.weight[:middle, :channels], reduce.bias[:middle]))
    gate = F.linear(hidden, expand.weight[:channels, :middle], expand.bias[:channels])
    return F.hardsigmoid(gate)


def _activated(block: Block, x: Tensor) -> Tensor:
    return ACTIVATIONS[block.config.activation](x)
