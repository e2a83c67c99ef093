"""One subnet inside the supernet, at its own cost: weights are sliced, nothing is masked.

The same network as ``model.GPT.forward``, whose weights are the leading corner
of each of the supernet's: first channels, heads, hidden units and layers.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from monas_gpt.model import (
    GPT,
    Block,
    GPTConfig,
    attend,
    check_length,
    checkpointed,
    keeps_little,
)


def sliced_logits(network: GPT, tokens: Tensor, config: GPTConfig) -> Tensor:
    """Logits of a subnet.

    Args:
        network: The largest network, whose weights all subnets share.
        tokens: (B, T) int64.
        config: Sizes of the subnet.

    Returns:
        (B, T, V).

    Raises:
        ValueError: The context is too long.
    """
    x = tokens
    for layer in range(len(config.heads)):
        x = sliced_layer(network, x, config, layer)
    return sliced_head(network, x, config)


def sliced_layer(network: GPT, x: Tensor, config: GPTConfig, layer: int) -> Tensor:
    """(B, T, e) of one layer; the first takes tokens (B, T), the others the first e channels.

    A layer deeper than the subnet passes them on.
    """
    if layer == 0:
        check_length(x, config.block_size)
        positions = network.position_embedding.weight[: x.shape[1], : config.embed_dim]  # (T, e)
        x = F.embedding(x, _table(network, config)) + positions  # (B, T, e)
    x = x[..., : config.embed_dim]
    if layer >= len(config.heads):
        return x
    block, heads, ratio = network.blocks[layer], config.heads[layer], config.mlp_ratios[layer]
    own = cast("Block", block), x, config, heads, ratio
    return checkpointed(_sliced_block, *own) if keeps_little(network) else _sliced_block(*own)


def sliced_head(network: GPT, x: Tensor, config: GPTConfig) -> Tensor:
    """Logits (B, T, V) from what the last layer gave, (B, T, e)."""
    x = _sliced_norm(network.norm, x[..., : config.embed_dim], bias=config.bias)
    return F.linear(x, _table(network, config))


def _table(network: GPT, config: GPTConfig) -> Tensor:
    return network.token_embedding.weight[:, : config.embed_dim]  # (V, e)


def _sliced_block(block: Block, x: Tensor, config: GPTConfig, heads: int, ratio: int) -> Tensor:
    """(B, T, e) to (B, T, e), with the first heads and the first ratio * e hidden units."""
    width, size, bias = config.embed_dim, config.head_size, config.bias
    attention, mlp = block.attention, block.mlp
    normal = _sliced_norm(block.norm_1, x, bias=bias)
    qkv = _sliced_linear(attention.qkv, normal, 3 * heads * size, bias=bias)
    x = x + _sliced_linear(attention.proj, attend(qkv, heads, size), width, bias=bias)
    normal = _sliced_norm(block.norm_2, x, bias=bias)
    hidden = F.gelu(_sliced_linear(mlp.up, normal, ratio * width, bias=bias))  # (B, T, r*e)
    return x + _sliced_linear(mlp.down, hidden, width, bias=bias)


def _sliced_linear(layer: nn.Linear, x: Tensor, outputs: int, *, bias: bool) -> Tensor:
    """From all channels of x to the first outputs."""
    weight = layer.weight[:outputs, : x.shape[-1]]
    return F.linear(x, weight, layer.bias[:outputs] if bias else None)


def _sliced_norm(norm: nn.LayerNorm, x: Tensor, *, bias: bool) -> Tensor:
    """Layer norm with the first weights."""
    width = x.shape[-1]
    shift = norm.bias[:width] if bias else None
    return F.layer_norm(x, (width,), norm.weight[:width], shift, norm.eps)
