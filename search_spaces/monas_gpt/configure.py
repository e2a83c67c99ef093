"""From the answers of an architecture to the sizes of its network."""

from __future__ import annotations

from typing import cast

from monas_core.values.architecture import Architecture
from monas_gpt.model import GPTConfig
from monas_gpt.sizes import Sizes


def configure(architecture: Architecture, sizes: Sizes, vocabulary: int) -> GPTConfig:
    """Sizes of the network an architecture stands for."""
    answers = architecture.choices
    layers = range(cast("int", answers["n_layer"]))
    return GPTConfig(
        embed_dim=cast("int", answers["embed_dim"]),
        heads=tuple(cast("int", answers[f"n_head_{layer}"]) for layer in layers),
        mlp_ratios=tuple(cast("int", answers[f"mlp_ratio_{layer}"]) for layer in layers),
        bias=bool(answers["bias"]),
        vocabulary=vocabulary,
        block_size=sizes.block_size,
        head_size=sizes.head_size,
    )


def largest(sizes: Sizes, vocabulary: int) -> GPTConfig:
    """Sizes of the network that contains all others."""
    depth = max(sizes.n_layer)
    return GPTConfig(
        embed_dim=max(sizes.embed_dim),
        heads=(max(sizes.n_head),) * depth,
        mlp_ratios=(max(sizes.mlp_ratio),) * depth,
        bias=True,
        vocabulary=vocabulary,
        block_size=sizes.block_size,
        head_size=sizes.head_size,
    )
