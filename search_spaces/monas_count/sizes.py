"""Sizes of the space, and the choices they have."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet

OPERATIONS = ("conv1", "dw3", "dw5", "dw7", "conv3", "dil3", "dil5", "dil7")
"""By weights: a 1x1 convolution; depthwise-separable ones; a plain 3x3; dilated ones (rate 2)."""


@attrs.frozen
class Sizes:
    """Of one preset.

    Attributes:
        channels: At every resolution.
        layers: Half of them encode, half decode.
        positions: Operations of a cell, one after the other.
        scales: By how much a layer's resolution may be lower than the picture's, coarsest first.
        operations: What a position may run.
        warm_up: Recommended training of the supernet.
    """

    channels: int
    layers: int
    positions: int
    scales: tuple[int, ...]
    warm_up: WarmUp
    operations: tuple[str, ...] = OPERATIONS

    def choices(self) -> ChoiceSet:
        """Operations of both cells, then the scale of every layer."""
        micro = [
            Choice(f"{cell}.{position}", self.operations)
            for cell in ("encoder", "decoder")
            for position in range(1, self.positions + 1)
        ]
        macro = [Choice(scale_name(layer), self.scales) for layer in range(self.layers)]
        return ChoiceSet("count", 1, (*micro, *macro))

    def cell(self, layer: int) -> str:
        """Which cell a layer repeats."""
        return "encoder" if layer < self.layers // 2 else "decoder"


def scale_name(layer: int) -> str:
    """Name of the choice of a layer's resolution."""
    return f"scale.{layer + 1}"


PRESETS: Mapping[str, Sizes] = {
    "laptop": Sizes(8, 4, 2, (4, 2, 1), WarmUp(600, 16, 4e-3)),
    "large": Sizes(32, 6, 2, (8, 4, 2, 1), WarmUp(4000, 16, 2e-3)),
}
MINIATURE = Sizes(4, 2, 1, (2, 1), WarmUp(8, 4, 4e-3), ("conv1", "conv3", "dil3"))
