"""Which part of a shared weight a subnet uses.

A cut gets the shared weight, the subnet's weight (its shape alone counts) and the layer of the
subnet that owns it, and gives the part: a tensor of the subnet's shape, through which gradients
reach the shared weight.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

Cut = Callable[[Tensor, Tensor, nn.Module], Tensor]


def leading(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
    """The first entries along every dimension: first channels, units, heads."""
    del layer
    return _windowed(whole, [0] * part.dim(), part.shape)


def centred(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
    """First channels, and of the other dimensions the middle: kernels ``(O, I, ...)``.

    A smaller kernel is the centre of a larger one (Cai et al., arXiv 1908.09791, section 3.2,
    without the learned map).
    """
    del layer
    margins = [(w - p) // 2 for w, p in zip(whole.shape[2:], part.shape[2:], strict=True)]
    return _windowed(whole, [0, 0, *margins], part.shape)


def usual(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
    """``centred`` for kernels of convolutions, ``leading`` for everything else."""
    kernel = isinstance(layer, _ConvNd) and part.dim() > 2
    return (centred if kernel else leading)(whole, part, layer)


def packed(count: int) -> Cut:
    """For ``count`` equally long weights one behind the other: the first entries of each.

    For queries, keys and values in one matrix ``(3 * units, inputs)``, say, or for a fixed
    number of heads that are narrower in a smaller network.
    """

    def cut(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
        pieces = zip(whole.chunk(count), part.chunk(count), strict=True)
        return torch.cat([usual(mine, wanted, layer) for mine, wanted in pieces])

    return cut


def grouped(whole: Tensor, part: Tensor, layer: nn.Module) -> Tensor:
    """For kernels ``(O, I, ...)`` of convolutions that have ``layer.groups`` groups.

    A group of narrow ones lies inside a group of the widest, and takes the weights which
    connect just its own channels there: the diagonal blocks of a kernel that connects more.
    """
    count = int(layer.groups)  # pyright: ignore[reportArgumentType] - of convolutions alone
    rows, width, room = part.shape[0] // count, part.shape[1], whole.shape[1]
    if width == room:
        return centred(whole, part, layer)
    blocks: list[Tensor] = []
    for index in range(count):
        start = min(index * width % room, room - width)
        window = whole[index * rows : (index + 1) * rows].narrow(1, start, width)
        blocks.append(centred(window, part[:rows], layer))
    return torch.cat(blocks)


def _windowed(whole: Tensor, starts: list[int], shape: tuple[int, ...]) -> Tensor:
    """A window of a tensor, which is the tensor itself where it has all of it."""
    for dimension, (start, size) in enumerate(zip(starts, shape, strict=True)):
        if size != whole.shape[dimension]:
            whole = whole.narrow(dimension, start, size)
    return whole
