"""The option lists of the GPT space by preset, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_core.values.recipe import Recipe


@attrs.frozen
class Sizes:
    """Everything that differs between two presets. All option lists ascend.

    Attributes:
        embed_dim: Widths of the residual stream.
        n_layer: Depths; a network uses the first ``n_layer`` layers.
        n_head: Attention heads of each layer.
        mlp_ratio: Hidden units of each layer's MLP, in multiples of ``embed_dim``.
        head_size: Width of one head, the same in every network.
        block_size: Longest context in tokens.
        warm_up: Recommended training of the supernet.
        grows: Whether ``block_size`` follows a task whose context is longer.
    """

    embed_dim: tuple[int, ...]
    n_layer: tuple[int, ...]
    n_head: tuple[int, ...]
    mlp_ratio: tuple[int, ...]
    head_size: int
    block_size: int
    warm_up: WarmUp
    grows: bool = False

    def choices(self) -> ChoiceSet:
        """``embed_dim``, ``n_layer``, ``bias``, then heads and MLP ratio layer by layer."""
        choices = [
            Choice("embed_dim", self.embed_dim, ordered=True),
            Choice("n_layer", self.n_layer, ordered=True),
            Choice("bias", (False, True)),
        ]
        for layer in range(max(self.n_layer)):
            deeper = tuple(depth for depth in self.n_layer if depth > layer)
            # Layers that every depth includes are always active and need no condition.
            condition = None if deeper == self.n_layer else Condition("n_layer", deeper)
            for name, options in (("n_head", self.n_head), ("mlp_ratio", self.mlp_ratio)):
                choices.append(
                    Choice(
                        f"{name}_{layer}",
                        options,
                        condition=condition,
                        ordered=True,
                        group=f"layer {layer}",
                    )
                )
        return ChoiceSet("gpt", 1, choices)


_PUBLISHED = Recipe(
    precision="bf16",
    micro_batch=32,
    updater="adamw",
    betas=(0.9, 0.95),
    weight_decay=0.1,
    clip=1.0,
    schedule="cosine",
    ramp=0.005,
    final=0.1,
)
"""automl/HW-GPT-Bench, configs/config_train/owt_{s,m,l}.yaml: ``precision: 'bf16-mixed'``,
``max_steps: 800000``, AdamW with ``lr: 0.000316``, ``weight_decay: 0.1`` (``bias_weight_decay:
False``, ``normalization_weight_decay: False``), ``betas: [0.9, 0.95]``, ``gradient_clip_val: 1.0``,
``schedule: "cosine"``, ``num_warmup_steps: 4000``, ``decay_factor: 0.1``, ``sandwhich_random: 2``;
``batch_size: 32`` (s) or 8 (m, l) on each of ``devices: 4``, worked off in pieces of 32 here."""

PRESETS: Mapping[str, Sizes] = {
    # For CPUs. Widths are multiples of 32: every row of every weight fills whole SIMD registers
    # (16 floats with AVX-512), after slicing too, so that a subnet's matrix products lose nothing
    # to ragged edges. A factor of four between the ends of width, heads and ratio, and of three
    # in depth, sets them clearly apart in quality and cost after a minute of training; a fourth
    # layer costs a third more time and gains nothing in so few steps. Four options instead of
    # the published three make a finer front. 0.64 M parameters with a vocabulary of 256.
    "tiny": Sizes(
        embed_dim=(32, 64, 96, 128),
        n_layer=(1, 2, 3),
        n_head=(1, 2, 3, 4),
        mlp_ratio=(1, 2, 3, 4),
        head_size=32,
        block_size=64,
        warm_up=WarmUp(steps=1500, batch_size=16, learning_rate=5e-3),
        grows=True,
    ),
    # HW-GPT-Bench (arXiv 2405.10299): S, M and L, with a fixed head size of 64, trained as its
    # repository says (_PUBLISHED); one step there is a sandwich of four networks, here of one.
    "s": Sizes(
        embed_dim=(192, 384, 768),
        n_layer=(10, 11, 12),
        n_head=(4, 8, 12),
        mlp_ratio=(2, 3, 4),
        head_size=64,
        block_size=1024,
        warm_up=WarmUp(800_000, batch_size=128, learning_rate=3.16e-4, recipe=_PUBLISHED),
    ),
    "m": Sizes(
        embed_dim=(256, 512, 1024),
        n_layer=(22, 23, 24),
        n_head=(8, 12, 16),
        mlp_ratio=(2, 3, 4),
        head_size=64,
        block_size=1024,
        warm_up=WarmUp(800_000, batch_size=32, learning_rate=3.16e-4, recipe=_PUBLISHED),
    ),
    "l": Sizes(
        embed_dim=(320, 640, 1280),
        n_layer=(34, 35, 36),
        n_head=(8, 16, 20),
        mlp_ratio=(2, 3, 4),
        head_size=64,
        block_size=1024,
        warm_up=WarmUp(800_000, batch_size=32, learning_rate=3.16e-4, recipe=_PUBLISHED),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    embed_dim=(8, 16, 24),
    n_layer=(1, 2),
    n_head=(1, 2),
    mlp_ratio=(1, 2),
    head_size=8,
    block_size=64,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
)
"""120 architectures, for contracts: small enough to enumerate and to train in a second."""
