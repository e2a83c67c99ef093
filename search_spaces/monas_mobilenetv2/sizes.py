"""Channels and strides by preset, and the choices, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet

SKIP = "skip"
OPERATIONS = (SKIP, "k3e3", "k5e3", "k7e3", "k3e6", "k5e6", "k7e6")
"""Kernel and expansion of a searched layer; fewest weights first, most last."""


@attrs.frozen
class Stage:
    """Neighbouring layers of one width.

    Attributes:
        channels: That they give.
        layers: How many.
        stride: Of the first; the others keep the size.
    """

    channels: int
    layers: int
    stride: int


@attrs.frozen
class Place:
    """Where a searched layer stands.

    Attributes:
        inputs, outputs: Channels.
        stride: Of its convolution.
        stage: Number of its stage.
    """

    inputs: int
    outputs: int
    stride: int
    stage: int

    @property
    def residual(self) -> bool:
        """Whether the input can be added to the output."""
        return self.stride == 1 and self.inputs == self.outputs


@attrs.frozen
class Sizes:
    """Everything that differs between two presets.

    Attributes:
        stem: Channels of the first convolution.
        stem_stride: Its stride.
        entry: Channels after the first layer, which neither expands nor is searched.
        stages: Of searched layers.
        top: Channels of the last convolution.
        calibration: Training images that the statistics of a subnet are taken from.
        warm_up: Recommended training of the supernet.
        operations: Of each layer.
    """

    stem: int
    stem_stride: int
    entry: int
    stages: tuple[Stage, ...]
    top: int
    calibration: int
    warm_up: WarmUp
    operations: tuple[str, ...] = OPERATIONS

    def places(self) -> Iterator[Place]:
        """The searched layers in order."""
        inputs = self.entry
        for number, stage in enumerate(self.stages, start=1):
            for layer in range(stage.layers):
                yield Place(inputs, stage.channels, 1 if layer else stage.stride, number)
                inputs = stage.channels

    def choices(self) -> ChoiceSet:
        """One operation per layer."""
        choices = [
            Choice(f"op_{number}", self.operations, group=f"stage {place.stage}")
            for number, place in enumerate(self.places(), start=1)
        ]
        return ChoiceSet("mobilenetv2", 1, choices)


def kernel_and_expansion(operation: str) -> tuple[int, int]:
    """``k5e3`` says 5 and 3."""
    kernel, expansion = operation[1:].split("e")
    return int(kernel), int(expansion)


PRESETS: Mapping[str, Sizes] = {
    # For CPUs and images of 8 to 16 pixels: 7 layers, 823,543 architectures.
    "small": Sizes(
        stem=16,
        stem_stride=1,
        entry=8,
        stages=(Stage(16, 2, 2), Stage(24, 2, 2), Stage(32, 3, 1)),
        top=96,
        calibration=128,
        warm_up=WarmUp(steps=1500, batch_size=32, learning_rate=5e-3, random_subnets=6),
    ),
    # LightNAS (Luo et al., 2022, arXiv 2208.14446): 21 searched layers after a fixed one, 7^21
    # architectures, in the widths of ProxylessNAS (Cai et al., 2019, arXiv 1812.00332). The
    # training of the supernet follows the habits of weight sharing and was not tuned here.
    "published": Sizes(
        stem=32,
        stem_stride=2,
        entry=16,
        stages=(
            Stage(24, 4, 2),
            Stage(32, 4, 2),
            Stage(64, 4, 2),
            Stage(96, 4, 1),
            Stage(160, 4, 2),
            Stage(320, 1, 1),
        ),
        top=1280,
        calibration=64,
        warm_up=WarmUp(steps=500_000, batch_size=64, learning_rate=1e-3),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    stem=8,
    stem_stride=2,
    entry=4,
    stages=(Stage(6, 2, 2), Stage(8, 1, 1)),
    top=16,
    calibration=16,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
    operations=(SKIP, "k3e3", "k5e3", "k5e6"),
)
"""64 architectures, for contracts: small enough to enumerate and to train in a second."""
