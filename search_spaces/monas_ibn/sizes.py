"""The option lists of the space by preset and its choices, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet

Operation = Literal["skip", "depthwise", "fused-grouped", "grouped", "fused"]
OPERATIONS: tuple[Operation, ...] = ("skip", "depthwise", "fused-grouped", "grouped", "fused")
GROUPED: tuple[Operation, ...] = ("fused-grouped", "grouped")


@attrs.frozen
class BlockGroup:
    """Blocks that have one number of output channels.

    Attributes:
        filters: Options for it, ascending.
        blocks: How many; all but the first may be skipped.
        stride: Of the first; the others keep the size.
    """

    filters: tuple[int, ...]
    blocks: int
    stride: int


@attrs.frozen
class Sizes:
    """Everything that differs between two presets. All option lists ascend.

    Attributes:
        stems: Channels of the first convolution.
        stem_kernels: Its kernel sizes, odd.
        stem_stride: Its stride.
        entry: Channels after the first projection, which does not expand and is not searched.
        groups: Of searched blocks; with the entry, the published network has seven.
        kernels: Kernel sizes of each block, odd.
        expansions: Inner channels of each block, in multiples of its input channels.
        group_sizes: Channels that share a grouped convolution, of those it gives.
        tops: Channels of the last convolution.
        calibration: Training images that the statistics of a subnet are taken from.
        warm_up: Recommended training of the supernet.
    """

    stems: tuple[int, ...]
    stem_kernels: tuple[int, ...]
    stem_stride: int
    entry: tuple[int, ...]
    groups: tuple[BlockGroup, ...]
    kernels: tuple[int, ...]
    expansions: tuple[int, ...]
    group_sizes: tuple[int, ...]
    tops: tuple[int, ...]
    calibration: int
    warm_up: WarmUp

    def choices(self) -> ChoiceSet:
        """Stem and top, then per group its filters and per block everything it has."""
        choices = [
            Choice("stem", self.stems, ordered=True),
            Choice("stem_kernel", self.stem_kernels, ordered=True),
            Choice("filters_0", self.entry, ordered=True, group="group 0"),
        ]
        for number, group in enumerate(self.groups, start=1):
            choices.append(
                Choice(f"filters_{number}", group.filters, ordered=True, group=f"group {number}")
            )
            for block in range(group.blocks):
                choices += self._block(number, block)
        choices.append(Choice("top", self.tops, ordered=True))
        return ChoiceSet("ibn", 1, choices)

    def _block(self, group: int, block: int) -> list[Choice]:
        """The first block of a group changes width and size, so it is never skipped."""
        place, label = f"{group}_{block}", f"group {group} block {block}"
        operations = OPERATIONS if block else OPERATIONS[1:]
        there = Condition(f"op_{place}", OPERATIONS[1:]) if block else None
        grouped = Condition(f"op_{place}", GROUPED)
        return [
            Choice(f"op_{place}", operations, group=label),
            Choice(f"kernel_{place}", self.kernels, condition=there, ordered=True, group=label),
            Choice(f"expand_{place}", self.expansions, condition=there, ordered=True, group=label),
            Choice(f"size_{place}", self.group_sizes, condition=grouped, ordered=True, group=label),
        ]


PRESETS: Mapping[str, Sizes] = {
    # For CPUs and images of 16 pixels. As each operation of a block is trained in a quarter of
    # the steps, the ends take turns less often than random networks.
    "small": Sizes(
        stems=(16,),
        stem_kernels=(3,),
        stem_stride=1,
        entry=(8,),
        groups=(
            BlockGroup((8, 16), 2, 2),
            BlockGroup((16, 24), 2, 2),
            BlockGroup((24, 32), 2, 1),
        ),
        kernels=(3, 5),
        expansions=(2, 4),
        group_sizes=(8, 16),
        tops=(96,),
        calibration=128,
        warm_up=WarmUp(steps=1500, batch_size=32, learning_rate=5e-3, random_subnets=6),
    ),
    # MobilenetEdgeTPUV2 (Akin et al., 2022, arXiv 2204.14007): filters, expansions, group
    # sizes, stems and tops are all that the published topologies from tiny to L have. The
    # training of the supernet follows the habits of weight sharing and was not tuned here.
    "published": Sizes(
        stems=(32, 64),
        stem_kernels=(5, 7),
        stem_stride=2,
        entry=(16, 24, 32),
        groups=(
            BlockGroup((32, 48, 64), 2, 2),
            BlockGroup((48, 64, 80, 96), 4, 2),
            BlockGroup((80, 96, 128, 160, 192), 4, 2),
            BlockGroup((112, 144, 160, 192, 240), 4, 1),
            BlockGroup((160, 192, 240, 256), 4, 2),
            BlockGroup((192, 256, 320, 384), 1, 1),
        ),
        kernels=(3, 5),
        expansions=(4, 8),
        group_sizes=(64, 128),
        tops=(1280, 1344, 1408),
        calibration=64,
        warm_up=WarmUp(steps=500_000, batch_size=64, learning_rate=1e-3),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    stems=(8,),
    stem_kernels=(3,),
    stem_stride=2,
    entry=(4,),
    groups=(BlockGroup((4, 8), 2, 2),),
    kernels=(1, 3),
    expansions=(2, 4),
    group_sizes=(4, 8),
    tops=(16,),
    calibration=16,
    warm_up=WarmUp(steps=20, batch_size=8, learning_rate=3e-3),
)
"""1200 architectures, for contracts: small enough to enumerate and to train in a second."""
