"""A subnet as ``GPT2LMHeadModel``, where all its layers are equal.

GPT-2 ties the width of the residual stream to its heads (``n_embd = n_head * head size``),
this space does not. Two changes that leave every output as it is make up for that:

* Heads are added until they fill the width. Their weights are zero, so they add nothing.
* Where there are more heads than fit, every channel of the residual stream is repeated k
  times. Mean and variance of repeated channels are those of the channels, so layer norms do
  not change; what reads the stream is divided by k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from monas_core.errors import UsageError
from monas_gpt.model import GPT, Block, GPTConfig

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel


def to_gpt2(network: GPT) -> GPT2LMHeadModel:
    """The same network as a stock GPT-2, weights copied.

    Raises:
        UsageError: Its layers differ in heads or in the MLP's width.
    """
    from transformers import GPT2Config, GPT2LMHeadModel

    config = network.config
    check_equal_layers(config)
    repeats = channel_repeats(config)
    width = repeats * config.embed_dim
    stock = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=config.vocabulary,
            n_positions=config.block_size,
            n_embd=width,
            n_layer=len(config.heads),
            n_head=width // config.head_size,
            n_inner=config.mlp_ratios[0] * config.embed_dim,
            activation_function="gelu",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            layer_norm_epsilon=network.norm.eps,
            bos_token_id=None,
            eos_token_id=None,
        )
    )
    with torch.no_grad():
        for parameter in stock.parameters():
            parameter.zero_()
        _copy(network, stock, repeats)
    return stock.train(network.training)


def check_equal_layers(config: GPTConfig) -> None:
    """Raise UsageError naming the first layer that differs from layer 0, and in what."""
    for what, values in (("attention heads", config.heads), ("MLP ratio", config.mlp_ratios)):
        for layer, value in enumerate(values):
            if value != values[0]:
                raise UsageError(
                    f"A stock GPT-2 has equal layers, but layer {layer} has {what} {value} and "
                    f"layer 0 has {values[0]}; choose another architecture, or another --format."
                )


def channel_repeats(config: GPTConfig) -> int:
    """The least k with room for all heads in k times the width, and no rest."""
    inner, size = config.heads[0] * config.head_size, config.head_size
    repeats = -(-inner // config.embed_dim)
    while (repeats * config.embed_dim) % size:
        repeats += 1
    return repeats


def _copy(network: GPT, stock: GPT2LMHeadModel, repeats: int) -> None:
    body = stock.transformer
    _put(body.wte.weight, _repeated(network.token_embedding.weight, 1, repeats))
    _put(body.wpe.weight, _repeated(network.position_embedding.weight, 1, repeats))
    for block, target in zip(network.blocks, body.h, strict=True):
        _copy_block(cast("Block", block), target, repeats)
    # the output layer is the embedding, whose repeated channels it sums up
    _copy_norm(network.norm, body.ln_f, repeats, 1 / repeats)


def _copy_block(block: Block, target: Any, repeats: int) -> None:
    """One layer; ``Conv1D`` of GPT-2 keeps its weight as (inputs, outputs)."""
    attention, mlp = block.attention, block.mlp
    _copy_norm(block.norm_1, target.ln_1, repeats)
    _copy_norm(block.norm_2, target.ln_2, repeats)
    heads, size, width = attention.heads, attention.head_size, attention.qkv.in_features
    inner = heads * size
    rows = attention.qkv.weight.view(heads, 3, size, width)  # head by head: query, key, value
    for part in range(3):  # GPT-2: all queries, all keys, all values
        reading = rows[:, part].reshape(inner, width)  # (H*S, E)
        start = part * repeats * width
        columns = target.attn.c_attn.weight[:, start : start + inner]
        _put(columns, _repeated(reading.T, 0, repeats) / repeats)
        if attention.qkv.bias is not None:
            bias = attention.qkv.bias.view(heads, 3, size)[:, part].reshape(inner)
            _put(target.attn.c_attn.bias[start : start + inner], bias)
    _put(target.attn.c_proj.weight[:inner], _repeated(attention.proj.weight.T, 1, repeats))
    _put(target.mlp.c_fc.weight, _repeated(mlp.up.weight.T, 0, repeats) / repeats)
    _put(target.mlp.c_proj.weight, _repeated(mlp.down.weight.T, 1, repeats))
    if attention.proj.bias is not None:
        _put(target.attn.c_proj.bias, _repeated(attention.proj.bias, 0, repeats))
        _put(target.mlp.c_fc.bias, mlp.up.bias)
        _put(target.mlp.c_proj.bias, _repeated(mlp.down.bias, 0, repeats))


def _copy_norm(norm: nn.LayerNorm, target: nn.LayerNorm, repeats: int, scale: float = 1.0) -> None:
    _put(target.weight, scale * _repeated(norm.weight, 0, repeats))
    if norm.bias is not None:
        _put(target.bias, scale * _repeated(norm.bias, 0, repeats))


def _repeated(weight: Tensor, dimension: int, repeats: int) -> Tensor:
    """All channels, then all of them again, ``repeats`` times."""
    return torch.cat([weight] * repeats, dim=dimension)


def _put(place: Tensor, values: Tensor) -> None:
    """Copy, refusing shapes that would only be broadcast."""
    assert place.shape == values.shape, (place.shape, values.shape)
    place.copy_(values)
