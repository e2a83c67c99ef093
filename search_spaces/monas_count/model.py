"""The network: a stem, cells at one resolution each, a head that draws the map.

NAS-Count searches an encoder-decoder of two cells and the connections of resolutions (arXiv
2003.00217). Deviation: one path of resolutions instead of several, with a residual around every
cell and the stem added before the head; group norms, which know no batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional as F

_GROUPS = 2
_BIAS = 0.5
"""Of the head, so that its last rectifier starts alive."""


@attrs.frozen
class Layer:
    """A layer of one network: its scale, and the operation at each position."""

    scale: int
    operations: tuple[str, ...]


def operation(kind: str, channels: int) -> nn.Module:
    """A convolution that keeps channels and resolution."""
    family, kernel = kind[:-1], int(kind[-1])
    if family == "dw":
        return nn.Sequential(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
        )
    rate = 2 if family == "dil" else 1
    padding = rate * (kernel // 2)
    return nn.Conv2d(channels, channels, kernel, padding=padding, dilation=rate, bias=False)


class Position(nn.Module):
    """Some operations, of which one runs or all are mixed; then a norm and a rectifier."""

    def __init__(self, kinds: Iterable[str], channels: int) -> None:
        super().__init__()
        self.operations = nn.ModuleDict({kind: operation(kind, channels) for kind in kinds})
        self.norm = nn.GroupNorm(_GROUPS, channels)

    def forward(self, x: Tensor, weights: Mapping[str, Tensor] | None, kind: str) -> Tensor:
        """``(B, C, H, W)`` to the same; ``weights`` ``(B,)`` of every kind, or the one ``kind``."""
        if weights is None:
            mixed = self.operations[kind](x)
        else:
            terms = [
                weights[name][:, None, None, None] * run(x) for name, run in self.operations.items()
            ]
            mixed = torch.stack(terms).sum(0)
        return F.relu(self.norm(mixed))


class Cell(nn.Module):
    """Positions in a row, and a residual around them."""

    def __init__(self, kinds: Iterable[Iterable[str]], channels: int) -> None:
        super().__init__()
        self.positions = nn.ModuleList(Position(of, channels) for of in kinds)

    def forward(
        self, x: Tensor, weights: list[Mapping[str, Tensor]] | None, kinds: tuple[str, ...]
    ) -> Tensor:
        """``(B, C, H, W)`` to the same."""
        y = x
        for place, position in enumerate(self.positions):
            y = position(
                y,
                weights[place] if weights is not None else None,
                kinds[place] if weights is None else "",
            )
        return x + y


class Ends(nn.Module):
    """Stem and head, which all networks share.

    Args:
        inputs: Channels of pictures.
        channels: Between stem and head.
        gain: Of the task: maps are drawn in units of one over it.
    """

    def __init__(self, inputs: int, channels: int, gain: float) -> None:
        super().__init__()
        self.stem = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(_GROUPS, channels)
        self.head = nn.Conv2d(channels, 1, 1)
        self.gain = gain
        assert self.head.bias is not None  # which is what a convolution has unless told otherwise
        nn.init.constant_(self.head.bias, _BIAS)

    def begin(self, pictures: Tensor) -> Tensor:
        """Pictures ``(B, inputs, H, W)`` to features ``(B, C, H, W)``."""
        return F.relu(self.norm(self.stem(pictures)))

    def finish(self, features: Tensor) -> Tensor:
        """Features ``(B, C, H, W)`` to maps ``(B, 1, H, W)``, things per pixel."""
        return F.relu(self.head(features)) / self.gain


def sized(scale: int, picture: Tensor) -> tuple[int, int]:
    """Height and width at a scale."""
    height, width = picture.shape[-2:]
    return -(-height // scale), -(-width // scale)


def resampled(x: Tensor, before: int, after: int, picture: Tensor) -> Tensor:
    """Features of one scale at another: means of squares, or lines between pixels."""
    if after > before:
        return F.avg_pool2d(x, after // before, ceil_mode=True, count_include_pad=False)
    if after < before:
        return F.interpolate(x, sized(after, picture), mode="bilinear", align_corners=False)
    return x


class CountNetwork(nn.Module):
    """One architecture.

    Args:
        layers: Its layers in order.
        ends: Stem and head.
        channels: Of every layer.
    """

    def __init__(self, layers: tuple[Layer, ...], ends: Ends, channels: int) -> None:
        super().__init__()
        self.layers = layers
        self.ends = ends
        self.cells = nn.ModuleList(
            nn.ModuleDict({str(layer.scale): Cell([(k,) for k in layer.operations], channels)})
            for layer in layers
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures ``(B, inputs, H, W)`` to maps ``(B, 1, H, W)``."""
        return single_path(pictures, self.layers, self.ends, self.cells)


def single_path(
    pictures: Tensor, layers: tuple[Layer, ...], ends: Ends, cells: nn.ModuleList
) -> Tensor:
    """Run one architecture with the cells of a network or of the supernet."""
    stem = ends.begin(pictures)
    x, scale = stem, 1
    for layer, at in zip(layers, cells, strict=True):
        x = resampled(x, scale, layer.scale, pictures)
        x = at[str(layer.scale)](x, None, layer.operations)  # pyright: ignore[reportIndexIssue]
        scale = layer.scale
    return ends.finish(stem + resampled(x, scale, 1, pictures))
