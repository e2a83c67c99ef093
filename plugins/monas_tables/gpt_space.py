"""The choices of the published GPT scales, and networks as one-hot arrays.

Sukthanker et al., HW-GPT-Bench, NeurIPS 2024 (datasets and benchmarks), arXiv 2405.10299.
"""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet
from monas_tables.parquet import Integers, Numbers
from monas_tables.space import TableSpace


@attrs.frozen
class Sizes:
    """What one scale of the published space offers; all lists ascend.

    Attributes:
        name: Of problem and space.
        file: Beginning of the names of its files.
        embed_dim: Widths.
        n_layer: Depths, each one more than the one before.
        n_head: Heads of a layer.
        mlp_ratio: Hidden units of a layer, in multiples of the width.
        batch: Sequences of 1024 tokens per latency measurement.
    """

    name: str
    file: str
    embed_dim: tuple[int, ...]
    n_layer: tuple[int, ...]
    n_head: tuple[int, ...]
    batch: int
    mlp_ratio: tuple[int, ...] = (2, 3, 4)

    def choices(self) -> ChoiceSet:
        """Width, depth and bias, then heads and MLP ratio layer by layer."""
        choices = [
            Choice("embed_dim", self.embed_dim, ordered=True),
            Choice("n_layer", self.n_layer, ordered=True),
            Choice("bias", (False, True)),
        ]
        for layer in range(max(self.n_layer)):
            deeper = tuple(depth for depth in self.n_layer if depth > layer)
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
        return ChoiceSet(self.name, 1, choices)


S = Sizes("gpt-s", "gpt_s", (192, 384, 768), (10, 11, 12), (4, 8, 12), batch=8)
M = Sizes("gpt-m", "gpt_m", (256, 512, 1024), (22, 23, 24), (8, 12, 16), batch=4)


class GPTTableSpace(TableSpace):
    """The choices of one scale; subclasses name it.

    Attributes:
        published: Its option lists.
    """

    published: ClassVar[Sizes]

    def __init__(self, sizes: Sizes | None = None) -> None:
        super().__init__((sizes or self.published).choices())

    @classmethod
    def tiny(cls) -> GPTTableSpace:
        """One or two layers: 80 networks."""
        return cls(Sizes(cls.name, "", (8, 16), (1, 2), (1, 2), batch=1, mlp_ratio=(2, 4)))


class SmallSpace(GPTTableSpace):
    """Scale S."""

    name: ClassVar[str] = "gpt-s"
    published: ClassVar[Sizes] = S


class MediumSpace(GPTTableSpace):
    """Scale M."""

    name: ClassVar[str] = "gpt-m"
    published: ClassVar[Sizes] = M


@attrs.frozen(eq=False)
class Layers:
    """Networks as one-hot tensors, zero where a layer is absent.

    Attributes:
        embed: ``(n, widths)``.
        depth: ``(n, depths)``.
        ratio: ``(n, L, ratios)``.
        heads: ``(n, L, heads)``.
        bias: ``(n,)``, 0 or 1.
    """

    embed: Numbers
    depth: Numbers
    ratio: Numbers
    heads: Numbers
    bias: Numbers

    @classmethod
    def of_rows(cls, rows: Integers, sizes: Sizes) -> Layers:
        """From option indices ``(n, C)``."""
        depths = np.array(sizes.n_layer)[rows[:, 1]]
        exists = np.arange(max(sizes.n_layer)) < depths[:, None]  # (n, L)
        heads, ratio = rows[:, 3::2], rows[:, 4::2]
        return cls(
            embed=_one_hot(rows[:, 0], len(sizes.embed_dim)),
            depth=_one_hot(rows[:, 1], len(sizes.n_layer)),
            ratio=_one_hot(ratio, len(sizes.mlp_ratio)) * exists[:, :, None],
            heads=_one_hot(heads, len(sizes.n_head)) * exists[:, :, None],
            bias=rows[:, 2].astype(np.float64),
        )

    def surrogate_inputs(self) -> Numbers:
        """In the order of the published surrogate, ``(n, F)``; bias is [true, false]."""
        count = len(self.bias)
        bias = np.stack([self.bias, 1.0 - self.bias], axis=1)
        flat = (self.ratio.reshape(count, -1), self.heads.reshape(count, -1))
        return np.concatenate([self.embed, self.depth, *flat, bias], axis=1)

    def features(self) -> Numbers:
        """Numbers of layers of each kind, separately for each width, ``(n, F)``.

        Where a layer stands does not matter to its cost.
        """
        layers = self.ratio.sum(axis=(1, 2))  # (n,)
        parts = [
            np.ones_like(layers)[:, None],
            self.ratio.sum(axis=1),
            self.heads.sum(axis=1)[:, 1:],  # those of the first kind are the rest
            self.bias[:, None],
            (self.bias * layers)[:, None],
        ]
        counts = np.concatenate(parts, axis=1)
        crossed = self.embed[:, :, None] * counts[:, None, :]  # (n, widths, counts)
        return crossed.reshape(len(layers), -1)


def _one_hot(indices: Integers, size: int) -> Numbers:
    """One more axis, of 0 and 1."""
    return np.eye(size)[indices]
