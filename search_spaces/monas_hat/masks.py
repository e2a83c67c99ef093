"""Weights over options turned into the factors of the exactly mixed network.

Each factor is linear in the weights of every choice it depends on, so that the
derivative with respect to an option's weight is that option's contribution (up
to what all options of a choice contribute alike, such as a bias, which no rule
that keeps the sum of the weights at 1 can see).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from monas_core.values.relaxation import Relaxation
from monas_hat.sizes import SPANS, Sizes


@attrs.frozen(eq=False)
class StreamMasks:
    """Factors of one residual stream for A architectures, over (A, N, T, channels).

    Attributes:
        options: The K widths.
        widths: (A, K) weights of the widths.
        scale: (A, 1, 1, E) expected mask times root of the width, for embeddings.
        mask: (A, 1, 1, E) expected channel mask.
        layers: Factors of each layer.
    """

    options: Sequence[int]
    widths: Tensor
    scale: Tensor
    mask: Tensor
    layers: list[LayerMasks]


@attrs.frozen(eq=False)
class LayerMasks:
    """Factors of one layer.

    Attributes:
        write: (A, 1, 1, E) channel mask of the stream times the weight with which the layer exists.
        heads: (A, H) weights of the numbers of heads of its self-attention.
        hidden: (A, 1, 1, F) expected mask of the MLP's hidden units.
        cross: (A, spans, H) weights of what it attends to in the encoder, and with how
            many heads; ``None`` in the encoder.
    """

    write: Tensor
    heads: Tensor
    hidden: Tensor
    cross: Tensor | None = None


class MaskTables(nn.Module):
    """One row per option with the units that option keeps, as constant 0/1 tables."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = nn.Buffer(_prefix(sizes.encoder_embed_dim), persistent=False)
        self.decoder = nn.Buffer(_prefix(sizes.decoder_embed_dim), persistent=False)
        self.encoder_hidden = nn.Buffer(_prefix(sizes.encoder_ffn), persistent=False)
        self.decoder_hidden = nn.Buffer(_prefix(sizes.decoder_ffn), persistent=False)
        self.depth = nn.Buffer(_prefix(sizes.decoder_layer_num), persistent=False)

    def forward(self, relaxation: Relaxation) -> tuple[StreamMasks, StreamMasks]:
        """Factors of encoder and decoder, in the tables' precision and place."""

        def weights(name: str) -> Tensor:  # (A, options of this choice)
            return relaxation.of(name).to(self.depth)

        exists = weights("decoder_layer_num") @ self.depth  # (A, L)
        encoder_widths, decoder_widths = weights("encoder_embed_dim"), weights("decoder_embed_dim")
        write = _broadcast(decoder_widths @ self.decoder)  # (A, 1, 1, E)
        encoder = [
            LayerMasks(
                write=_broadcast(encoder_widths @ self.encoder),
                heads=weights(f"encoder_heads_{layer}"),
                hidden=_broadcast(weights(f"encoder_ffn_{layer}") @ self.encoder_hidden),
            )
            for layer in range(self.sizes.encoder_layers)
        ]
        decoder = [
            LayerMasks(
                write=write * exists[:, layer, None, None, None],
                heads=weights(f"decoder_self_heads_{layer}"),
                hidden=_broadcast(weights(f"decoder_ffn_{layer}") @ self.decoder_hidden),
                cross=weights(f"decoder_arbitrary_ende_{layer}")[:, :, None]
                * weights(f"decoder_ende_heads_{layer}")[:, None, :],
            )
            for layer in range(exists.shape[1])
        ]
        return (
            _stream(self.sizes.encoder_embed_dim, encoder_widths, self.encoder, encoder),
            _stream(self.sizes.decoder_embed_dim, decoder_widths, self.decoder, decoder),
        )

    def spans(self) -> list[int]:
        """Encoder layers of each option of ``decoder_arbitrary_ende``."""
        return [SPANS[option] for option in self.sizes.decoder_arbitrary_ende]


def _stream(
    options: Sequence[int], widths: Tensor, table: Tensor, layers: list[LayerMasks]
) -> StreamMasks:
    roots = table.sum(1, keepdim=True).sqrt()  # (K, 1)
    scale, mask = (_broadcast(widths @ rows) for rows in (table * roots, table))
    return StreamMasks(options, widths, scale, mask, layers)


def _prefix(lengths: Sequence[int]) -> Tensor:
    """Rows that are 1 up to each length, (len(lengths), max(lengths))."""
    units = torch.arange(max(lengths))
    return (units[None, :] < torch.tensor(lengths)[:, None]).to(torch.get_default_dtype())


def _broadcast(rows: Tensor) -> Tensor:
    """(A, n) to (A, 1, 1, n)."""
    return rows[:, None, None, :]
