"""Weights over options turned into the factors of the exactly mixed network.

Each factor is linear in the weights of every choice it depends on, so that the
derivative with respect to an option's weight is that option's contribution.
"""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from monas_core.values.relaxation import Relaxation
from monas_gpt.sizes import Sizes


@attrs.frozen(eq=False)
class Masks:
    """Factors for A architectures, shaped to broadcast over (A, N, T, channels).

    Attributes:
        widths: (A, 1, 1, K) weights of the K options of ``embed_dim``.
        stream: (A, 1, 1, E) expected channel mask of the residual stream.
        biased: (A, 1, 1, 1) weight of having biases.
        either: (A, 1, 1, 1) weight of having or not having biases: 1, but both options contain
            the linear map, and each shall get the derivative of everything it does.
        layers: Per layer ``LayerMasks``.
    """

    widths: Tensor
    stream: Tensor
    biased: Tensor
    either: Tensor
    layers: list[LayerMasks]


@attrs.frozen(eq=False)
class LayerMasks:
    """Factors of one layer.

    Attributes:
        write: (A, 1, 1, E) channel mask times the weight with which the layer exists.
        heads: (A, 1, 1, H*S) expected mask of the heads' outputs, times ``either``.
        hidden: (A, 1, 1, R*E) expected mask of the MLP's hidden units, times ``either``.
    """

    write: Tensor
    heads: Tensor
    hidden: Tensor


class MaskTables(nn.Module):
    """One row per option with the units that option keeps, as constant 0/1 tables."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.depth = max(sizes.n_layer)
        hidden = [e * r for e in sizes.embed_dim for r in sizes.mlp_ratio]
        heads = [heads * sizes.head_size for heads in sizes.n_head]
        self.stream = nn.Buffer(_prefix(sizes.embed_dim), persistent=False)
        self.heads = nn.Buffer(_prefix(heads), persistent=False)
        self.hidden = nn.Buffer(_prefix(hidden), persistent=False)  # row per (width, ratio)
        self.layers = nn.Buffer(_prefix(sizes.n_layer), persistent=False)

    def forward(self, relaxation: Relaxation) -> Masks:
        """Factors for the rows of a relaxation, in the tables' precision and place."""

        def weights(name: str) -> Tensor:  # (A, options of this choice)
            return relaxation.of(name).to(self.stream)

        widths = weights("embed_dim")  # (A, K)
        stream = _broadcast(widths @ self.stream)  # (A, 1, 1, E)
        exists = weights("n_layer") @ self.layers  # (A, L)
        bias = weights("bias")  # (A, 2), options are (False, True)
        either = bias.sum(1, keepdim=True)  # (A, 1)
        layers: list[LayerMasks] = []
        for layer in range(self.depth):
            ratios = weights(f"mlp_ratio_{layer}")  # (A, R)
            pairs = (widths[:, :, None] * ratios[:, None, :]).flatten(1)  # (A, K*R)
            layers.append(
                LayerMasks(
                    write=stream * exists[:, layer, None, None, None],
                    heads=_broadcast(weights(f"n_head_{layer}") @ self.heads * either),
                    hidden=_broadcast(pairs @ self.hidden * either),
                )
            )
        return Masks(
            widths=_broadcast(widths),
            stream=stream,
            biased=_broadcast(bias[:, 1:]),
            either=_broadcast(either),
            layers=layers,
        )


def _prefix(lengths: list[int] | tuple[int, ...]) -> Tensor:
    """Rows that are 1 up to each length, (len(lengths), max(lengths))."""
    units = torch.arange(max(lengths))
    return (units[None, :] < torch.tensor(lengths)[:, None]).to(torch.get_default_dtype())


def _broadcast(rows: Tensor) -> Tensor:
    """(A, n) to (A, 1, 1, n)."""
    return rows[:, None, None, :]
