"""A decoder-only transformer, one file read top to bottom.

Pre-norm, learned positions, tied token embedding and output layer. It knows
nothing of choices or of weight sharing; those are in ``space`` and ``supernet``.
Shapes: B samples, T tokens, E embed_dim, H heads, S head_size, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


@attrs.frozen
class GPTConfig:
    """Sizes of one network.

    Attributes:
        embed_dim: Width of the residual stream.
        heads: Attention heads of each layer; its length is the depth.
        mlp_ratios: Hidden units of each layer's MLP, in multiples of ``embed_dim``.
        bias: Whether linear layers and layer norms have biases.
        vocabulary: Number of tokens.
        block_size: Longest context in tokens.
        head_size: Width of one head, independent of ``embed_dim``.
    """

    embed_dim: int
    heads: tuple[int, ...]
    mlp_ratios: tuple[int, ...]
    bias: bool
    vocabulary: int
    block_size: int
    head_size: int


class Attention(nn.Module):
    """Causal self-attention with H heads of fixed size S."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.heads = config.heads[layer]
        self.head_size = config.head_size
        inner = self.heads * self.head_size
        # Rows are ordered head by head (query, key, value of head 0, then of head 1, ...), so
        # that the first h heads are the first rows, as weight sharing wants them.
        self.qkv = nn.Linear(config.embed_dim, 3 * inner, bias=config.bias)
        self.proj = nn.Linear(inner, config.embed_dim, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, E) to (B, T, E)."""
        return self.proj(attend(self.qkv(x), self.heads, self.head_size))


def attend(qkv: Tensor, heads: int, head_size: int) -> Tensor:
    """Causal attention of (B, T, H*3*S) packed head by head; (B, T, H*S)."""
    batch, length, _ = qkv.shape
    packed = qkv.view(batch, length, heads, 3, head_size).transpose(1, 2)  # (B, H, T, 3, S)
    query, key, value = packed.unbind(3)  # each (B, H, T, S)
    mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)  # (B, H, T, S)
    return mixed.transpose(1, 2).reshape(batch, length, heads * head_size)  # (B, T, H*S)


class MLP(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        hidden = config.mlp_ratios[layer] * config.embed_dim
        self.up = nn.Linear(config.embed_dim, hidden, bias=config.bias)
        self.down = nn.Linear(hidden, config.embed_dim, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, E) to (B, T, E)."""
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    """One layer: attention and MLP, each on a normalised copy of the residual stream."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(config.embed_dim, bias=config.bias)
        self.attention = Attention(config, layer)
        self.norm_2 = nn.LayerNorm(config.embed_dim, bias=config.bias)
        self.mlp = MLP(config, layer)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, E) to (B, T, E)."""
        x = x + self.attention(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))


class GPT(nn.Module):
    """Token ids to logits of the next token."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocabulary, config.embed_dim)
        self.position_embedding = nn.Embedding(config.block_size, config.embed_dim)
        layers = range(len(config.heads))
        self.blocks = nn.ModuleList([Block(config, layer) for layer in layers])
        self.norm = nn.LayerNorm(config.embed_dim, bias=config.bias)
        self.recompute = False  # whether blocks keep no activations; a training sets it
        self.reset()

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the next token at each position.

        Args:
            tokens: (B, T) int64, T at most ``block_size``.

        Returns:
            (B, T, V), unnormalised.

        Raises:
            ValueError: The context is too long.
        """
        check_length(tokens, self.config.block_size)
        positions = self.position_embedding.weight[: tokens.shape[1]]  # (T, E)
        x = self.token_embedding(tokens) + positions  # (B, T, E)
        for block in self.blocks:
            x = checkpointed(block, x) if keeps_little(self) else block(x)
        return F.linear(self.norm(x), self.token_embedding.weight)  # (B, T, V)

    def reset(self) -> None:
        """Draw fresh weights; biases start at 0, norms at 1.

        As in GPT-2, whose deviation of 0.02 is read as 0.02 at a width of 768 and grows with
        one over the root of a layer's inputs: narrow networks learn much faster so. Layers
        that write to the residual stream start smaller, by the root of their number.

        Deviation: token embeddings start at one over the root of the width, so that the logits
        tied to them start with a deviation of 1; from 0.02 they first have to grow, which costs
        a narrow network hundreds of steps.
        """
        if self.norm.weight.is_meta:  # no numbers to draw, and pretending to takes long
            return
        writers = 2 * len(self.config.heads)
        for name, layer in self.named_modules():
            if isinstance(layer, nn.Linear):
                writes = name.endswith(("proj", "down"))
                scale = 768 / layer.in_features / (writers if writes else 1)
                nn.init.normal_(layer.weight, std=0.02 * scale**0.5)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        nn.init.normal_(self.token_embedding.weight, std=self.config.embed_dim**-0.5)
        nn.init.normal_(self.position_embedding.weight, std=0.02)


def keeps_little(network: nn.Module) -> bool:
    """Whether layers are to be computed again in the backward pass."""
    return bool(network.recompute) and network.training and torch.is_grad_enabled()


def checkpointed(layer: Callable[..., Tensor], *inputs: Any) -> Tensor:
    """What a layer gives, of which only the inputs are kept (Chen et al., arXiv 1604.06174)."""
    # no layer here draws random numbers, so their state need not be kept
    return checkpoint(layer, *inputs, use_reentrant=False, preserve_rng_state=False)


def check_length(tokens: Tensor, block_size: int) -> None:
    """Raise ValueError when a context is longer than the positions a network has."""
    if tokens.shape[1] > block_size:
        raise ValueError(
            f"context must be at most {block_size} tokens (the preset's block_size), got "
            f"{tokens.shape[1]}; shorten it or take a preset with a longer one"
        )
