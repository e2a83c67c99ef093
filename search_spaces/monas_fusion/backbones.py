"""Backbones: layers in order, and where their resolution changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs
import torch
from torch import nn

from monas_core.errors import UsageError

Backbone = Callable[[int], Sequence[nn.Module]]
"""From the channels of the input to fresh layers, each run on what the one before gave."""
_PROBE, _CHANNELS = 64, 3


@attrs.frozen
class Feature:
    """What a layer gives: its channels, and the group of layers of its resolution."""

    channels: int
    group: int


def convolutions(channels: Sequence[Sequence[int]]) -> Backbone:
    """3x3 convolutions as in VGG, a list of channels for each resolution.

    Group norms, which know no batch, stand behind them; the first convolution of every group but
    the first halves height and width.
    """

    def made(inputs: int) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for number, group in enumerate(channels):
            for place, width in enumerate(group):
                stride = 2 if number and not place else 1
                layers.append(
                    nn.Sequential(
                        nn.Conv2d(inputs, width, 3, stride=stride, padding=1, bias=False),
                        nn.GroupNorm(math.gcd(4, width), width),
                        nn.ReLU(),
                    )
                )
                inputs = width
        return layers

    return made


def features(backbone: Backbone) -> list[Feature]:
    """What every layer gives, found out on a picture without pixels.

    Raises:
        UsageError: The layers do not run one after the other on pictures, or give no maps.
    """
    found: list[Feature] = []
    sizes: list[tuple[int, ...]] = []
    try:
        with torch.device("meta"):
            x = torch.zeros(1, _CHANNELS, _PROBE, _PROBE)
            for layer in backbone(_CHANNELS):
                x = layer(x)
                _, channels, *size = x.shape
                if not sizes or sizes[-1] != tuple(size):
                    sizes.append(tuple(size))
                found.append(Feature(int(channels), len(sizes) - 1))
                if len(size) != 2:
                    raise ValueError(f"layer {len(found)} gives shape {tuple(x.shape)}")
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            "A backbone must be a function of a number of input channels that gives layers, each "
            f"run on maps (B, C, H, W) of the one before: {type(error).__name__}: {reason}."
        ) from error
    if not found:
        raise UsageError("A backbone has no layers; give it at least one.")
    return found


@attrs.frozen
class Edge:
    """Layer ``source`` of backbone ``origin`` is read behind layer ``target`` of the other."""

    origin: int
    source: int
    target: int

    @property
    def name(self) -> str:
        """Of the choice: ``b2-a3``."""
        there, here = "ab"[self.origin], "ab"[1 - self.origin]
        return f"{there}{self.source + 1}-{here}{self.target + 1}"


def candidates(known: tuple[Sequence[Feature], Sequence[Feature]], reach: int) -> tuple[Edge, ...]:
    """Edges of layers of one resolution group, from an earlier layer or the same, less than
    ``reach`` apart (MTL-NAS, arXiv 2003.14058)."""
    return tuple(
        Edge(origin, source, target)
        for origin in (1, 0)
        for target, own in enumerate(known[1 - origin])
        for source, other in enumerate(known[origin])
        if own.group == other.group and source <= target < source + reach
    )
