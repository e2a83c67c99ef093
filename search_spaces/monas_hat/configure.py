"""From the answers of an architecture to the sizes of its network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from monas_core.values.architecture import Architecture
from monas_hat.model import HATConfig
from monas_hat.sizes import SPANS, Sizes


def configure(architecture: Architecture, sizes: Sizes, vocabulary: int) -> HATConfig:
    """Sizes of the network an architecture stands for."""
    answers = architecture.choices

    def each(name: str, layers: Sequence[int]) -> tuple[int, ...]:
        return tuple(cast("int", answers[f"{name}_{layer}"]) for layer in layers)

    encoder = range(sizes.encoder_layers)
    decoder = range(cast("int", answers["decoder_layer_num"]))
    return HATConfig(
        encoder_width=cast("int", answers["encoder_embed_dim"]),
        decoder_width=cast("int", answers["decoder_embed_dim"]),
        encoder_heads=each("encoder_heads", encoder),
        encoder_hidden=each("encoder_ffn", encoder),
        decoder_hidden=each("decoder_ffn", decoder),
        self_heads=each("decoder_self_heads", decoder),
        cross_heads=each("decoder_ende_heads", decoder),
        spans=tuple(SPANS[option] for option in each("decoder_arbitrary_ende", decoder)),
        inner=sizes.inner,
        vocabulary=vocabulary,
        block_size=sizes.block_size,
    )


def largest(sizes: Sizes, vocabulary: int) -> HATConfig:
    """Sizes of the network that contains all others."""
    depth = max(sizes.decoder_layer_num)
    return HATConfig(
        encoder_width=max(sizes.encoder_embed_dim),
        decoder_width=max(sizes.decoder_embed_dim),
        encoder_heads=(max(sizes.encoder_heads),) * sizes.encoder_layers,
        encoder_hidden=(max(sizes.encoder_ffn),) * sizes.encoder_layers,
        decoder_hidden=(max(sizes.decoder_ffn),) * depth,
        self_heads=(max(sizes.decoder_self_heads),) * depth,
        cross_heads=(max(sizes.decoder_ende_heads),) * depth,
        spans=(SPANS[max(sizes.decoder_arbitrary_ende)],) * depth,
        inner=sizes.inner,
        vocabulary=vocabulary,
        block_size=sizes.block_size,
    )
