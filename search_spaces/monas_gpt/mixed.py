"""The exactly mixed network: every group of a batch sees its own mixture of options.

At each choice point the output is the sum of all options' outputs, weighted.
For one-hot rows that is the selected subnet, at the cost of the largest one.
Shapes: A groups of N neighbouring samples, T tokens, E widest stream.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_gpt.masks import LayerMasks, Masks
from monas_gpt.model import GPT, Block, attend, check_length


def mixed_logits(network: GPT, tokens: Tensor, masks: Masks, widths: tuple[int, ...]) -> Tensor:
    """Logits of the mixture.

    Args:
        network: The largest network, whose weights all options share.
        tokens: (A*N, T) int64.
        masks: Factors for A architectures.
        widths: Options of ``embed_dim``.

    Returns:
        (A*N, T, V).

    Raises:
        ValueError: A does not divide the batch, or the context is too long.
    """
    check_length(tokens, network.config.block_size)
    batch, length = tokens.shape
    groups = masks.widths.shape[0]
    if groups == 0 or batch % groups:
        raise ValueError(
            f"the number of architectures must divide the batch, got {groups} architectures for "
            f"{batch} samples; choose a batch that is a multiple of {groups}"
        )
    tokens = tokens.reshape(groups, batch // groups, length)  # (A, N, T)
    x = network.token_embedding(tokens) + network.position_embedding.weight[:length]
    x = x * masks.stream  # (A, N, T, E)
    for block, layer in zip(network.blocks, masks.layers, strict=True):
        x = _mixed_block(cast("Block", block), x, masks, layer, widths)
    x = _mixed_norm(network.norm, x, masks, widths)
    return F.linear(x, network.token_embedding.weight).flatten(0, 1)  # (A*N, T, V)


def _mixed_block(
    block: Block, x: Tensor, masks: Masks, layer: LayerMasks, widths: tuple[int, ...]
) -> Tensor:
    """(A, N, T, E) to (A, N, T, E)."""
    attention, mlp = block.attention, block.mlp
    normal = _mixed_norm(block.norm_1, x, masks, widths, scale=masks.either)
    qkv = _mixed_linear(attention.qkv, normal, masks).flatten(0, 1)  # (A*N, T, H*3*S)
    values = attend(qkv, attention.heads, attention.head_size).view(*x.shape[:3], -1)
    values = values * layer.heads  # (A, N, T, H*S)
    x = torch.addcmul(x, _mixed_linear(attention.proj, values, masks), layer.write)
    normal = _mixed_norm(block.norm_2, x, masks, widths, scale=masks.either)
    hidden = F.gelu(_mixed_linear(mlp.up, normal, masks)) * layer.hidden  # (A, N, T, R*E)
    return torch.addcmul(x, _mixed_linear(mlp.down, hidden, masks), layer.write)


def _mixed_linear(layer: nn.Linear, x: Tensor, masks: Masks) -> Tensor:
    """p(False) W x + p(True) (W x + b), of an x that is already multiplied by ``either``.

    The product with ``either`` = p(False) + p(True) rides on a mask that x needs anyway:
    one elementwise pass over the outputs less.
    """
    return F.linear(x, layer.weight) + masks.biased * layer.bias


def _mixed_norm(
    norm: nn.LayerNorm,
    x: Tensor,
    masks: Masks,
    widths: tuple[int, ...],
    scale: Tensor | float = 1.0,
) -> Tensor:
    """Layer norms over the first channels, mixed with the weights of the widths, times a scale.

    (A, N, T, E) to (A, N, T, E); the norm of width w leaves the channels beyond w at 0.
    """
    full = x.shape[-1]
    mixed = masks.biased * norm.bias * masks.stream * scale  # (A, 1, 1, E)
    weights = masks.widths * masks.either * scale  # (A, 1, 1, K)
    for option, width in enumerate(widths):
        normal = F.layer_norm(x[..., :width], (width,), norm.weight[:width], eps=norm.eps)
        normal = normal * weights[..., option, None]  # (A, N, T, width)
        mixed = mixed + (normal if width == full else F.pad(normal, (0, full - width)))
    return mixed
