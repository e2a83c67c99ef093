"""The option lists of the HAT space by preset, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition, Option
from monas_core.values.choices import ChoiceSet
from monas_core.values.recipe import Recipe

SPANS: Mapping[Option, int] = {-1: 1, 1: 2, 2: 3}
"""Options of arbitrary encoder-decoder attention, as HAT writes them, to encoder layers seen."""


@attrs.frozen
class Sizes:
    """Everything that differs between two presets. All option lists ascend.

    Attributes:
        encoder_embed_dim, decoder_embed_dim: Widths of the two residual streams.
        encoder_layers: Encoder layers; every network has them all.
        decoder_layer_num: Depths; a network uses the first ``decoder_layer_num`` layers.
        encoder_ffn, decoder_ffn: Hidden units of each layer.
        encoder_heads: Attention heads of each encoder layer.
        decoder_self_heads, decoder_ende_heads: Heads of each decoder layer, among itself and
            to the encoder.
        decoder_arbitrary_ende: -1, 1 or 2: whether a decoder layer attends to the last encoder
            layer alone, or to one or two more.
        inner: Width of queries, keys and values, whatever the number of heads.
        block_size: Longest sentence in tokens.
        warm_up: Recommended training of the supernet.
    """

    encoder_embed_dim: tuple[int, ...]
    decoder_embed_dim: tuple[int, ...]
    encoder_layers: int
    decoder_layer_num: tuple[int, ...]
    encoder_ffn: tuple[int, ...]
    decoder_ffn: tuple[int, ...]
    encoder_heads: tuple[int, ...]
    decoder_self_heads: tuple[int, ...]
    decoder_ende_heads: tuple[int, ...]
    decoder_arbitrary_ende: tuple[int, ...]
    inner: int
    block_size: int
    warm_up: WarmUp

    def choices(self) -> ChoiceSet:
        """The widths and ``decoder_layer_num``, then encoder and decoder layer by layer."""
        choices = [
            Choice(name, getattr(self, name), ordered=True)
            for name in ("encoder_embed_dim", "decoder_embed_dim", "decoder_layer_num")
        ]
        for layer in range(self.encoder_layers):
            choices += self._layer(("encoder_ffn", "encoder_heads"), "encoder", layer, None)
        for layer in range(max(self.decoder_layer_num)):
            deeper = tuple(depth for depth in self.decoder_layer_num if depth > layer)
            # Layers that every depth includes are always active and need no condition.
            always = deeper == self.decoder_layer_num
            condition = None if always else Condition("decoder_layer_num", deeper)
            names = (
                "decoder_ffn",
                "decoder_self_heads",
                "decoder_ende_heads",
                "decoder_arbitrary_ende",
            )
            choices += self._layer(names, "decoder", layer, condition)
        return ChoiceSet("hat", 1, choices)

    def _layer(
        self, names: tuple[str, ...], side: str, layer: int, condition: Condition | None
    ) -> list[Choice]:
        return [
            Choice(
                f"{name}_{layer}",
                getattr(self, name),
                condition=condition,
                ordered=True,
                group=f"{side} layer {layer}",
            )
            for name in names
        ]


_PUBLISHED = Recipe(
    precision="fp16",
    micro_batch=64,
    updater="adamw",
    betas=(0.9, 0.98),
    weight_decay=0.0,
    clip=0.0,
    schedule="cosine",
    ramp=0.25,
    final=1e-4,
)
"""mit-han-lab/hardware-aware-transformers, configs/wmt14.en-de/supertransformer/space0.yml:
``optimizer: adam``, ``adam-betas: (0.9, 0.98)``, ``clip-norm: 0.0``, ``weight-decay: 0.0``,
``fp16: True``, ``lr-scheduler: cosine``, ``max-lr: 0.001``, ``lr: 1e-7``, ``max-update: 40000``,
``warmup-updates: 10000``; ``max-tokens: 4096`` (about 64 sentences) with
``update-freq: 16``, which is 16 pieces a batch."""

PRESETS: Mapping[str, Sizes] = {
    # For CPUs. Widths are multiples of 32, so that every row of every weight fills whole SIMD
    # registers after slicing too. Factors of three and four between the ends set networks
    # clearly apart in quality and cost after a minute of training.
    "small": Sizes(
        encoder_embed_dim=(32, 64, 96),
        decoder_embed_dim=(32, 64, 96),
        encoder_layers=3,
        decoder_layer_num=(1, 2, 3),
        encoder_ffn=(64, 128, 256),
        decoder_ffn=(64, 128, 256),
        encoder_heads=(2, 4),
        decoder_self_heads=(2, 4),
        decoder_ende_heads=(2, 4),
        decoder_arbitrary_ende=(-1, 1, 2),
        inner=64,
        block_size=64,
        warm_up=WarmUp(steps=1500, batch_size=16, learning_rate=1e-2),
    ),
    # HAT on WMT'14 English-German, its "space0" (arXiv 2005.14187, table 1), its
    # SuperTransformer trained as its repository says (_PUBLISHED).
    "wmt14.en-de": Sizes(
        encoder_embed_dim=(512, 640),
        decoder_embed_dim=(512, 640),
        encoder_layers=6,
        decoder_layer_num=(1, 2, 3, 4, 5, 6),
        encoder_ffn=(1024, 2048, 3072),
        decoder_ffn=(1024, 2048, 3072),
        encoder_heads=(4, 8),
        decoder_self_heads=(4, 8),
        decoder_ende_heads=(4, 8),
        decoder_arbitrary_ende=(-1, 1, 2),
        inner=512,
        block_size=1024,
        warm_up=WarmUp(40_000, batch_size=1024, learning_rate=1e-3, recipe=_PUBLISHED),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    encoder_embed_dim=(8, 16),
    decoder_embed_dim=(8, 16),
    encoder_layers=2,
    decoder_layer_num=(1, 2),
    encoder_ffn=(8, 16),
    decoder_ffn=(8, 16),
    encoder_heads=(2,),
    decoder_self_heads=(1, 2),
    decoder_ende_heads=(1, 2),
    decoder_arbitrary_ende=(-1, 1),
    inner=8,
    block_size=64,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
)
"""4352 architectures, for contracts: small enough to enumerate and to train in a second."""
