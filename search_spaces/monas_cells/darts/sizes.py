"""Sizes of the DARTS space by preset and its choices, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice, Condition
from monas_core.values.choices import ChoiceSet

INPUTS = 2
"""Of a cell: the outputs of the two cells before it."""
KINDS = ("normal", "reduction")
OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "sep_conv_3x3",
    "sep_conv_5x5",
)
"""Answers to the choice of an edge, by rising number of weights. Deviation: ``none`` is no answer,
as no network that DARTS derives has it; an edge that is not picked takes its place."""


@attrs.frozen
class Edge:
    """One edge that a network may have.

    Attributes:
        kind: Of its cells.
        source, target: Nodes; 0 and 1 are the inputs of the cell.
    """

    kind: str
    source: int
    target: int

    @property
    def name(self) -> str:
        """Of its choice."""
        return f"{self.kind}_{self.source}_{self.target}"


@attrs.frozen
class Sizes:
    """Everything that differs between two presets.

    Attributes:
        channels: Of the first cells; each reduction doubles them.
        cells: One after the other.
        reductions: Numbers of the cells that halve the image.
        nodes: Of a cell, beside its inputs; each adds up two edges.
        stem: Channels of the first convolution, as a multiple of ``channels``.
        stem_stride: Its stride.
        calibration: Training images by which batch norms learn a subnet's statistics.
        warm_up: Recommended training of the supernet.
        bottleneck, partial: As in the options of the space, of these very networks.
        searched: Cells and channels of the smaller network that cells are searched in.
    """

    channels: int
    cells: int
    reductions: tuple[int, ...]
    nodes: int
    stem: int
    stem_stride: int
    calibration: int
    warm_up: WarmUp
    bottleneck: int = 1
    partial: int = 1
    searched: tuple[int, int] | None = None

    def proxy(self, bottleneck: int, partial: int) -> Sizes:
        """Of the network that cells are searched in."""
        cells, channels = self.searched or (self.cells, self.channels)
        smaller = cells < self.cells
        return attrs.evolve(
            self,
            cells=cells,
            channels=channels,
            reductions=(cells // 3, 2 * cells // 3) if smaller else self.reductions,
            bottleneck=bottleneck,
            partial=partial,
            searched=None,
        )

    def edges(self) -> list[Edge]:
        """All of both kinds of cells, by the node they lead to."""
        return [Edge(kind, s, t) for kind in KINDS for t in self.targets() for s in range(t)]

    def targets(self) -> range:
        """Nodes that add something up."""
        return range(INPUTS, INPUTS + self.nodes)

    def choices(self) -> ChoiceSet:
        """For each node which two nodes it reads, and the operations on these edges."""
        return ChoiceSet("darts", 1, [c for kind in KINDS for c in self._of_cell(kind)])

    def read_by_choice(self) -> tuple[str, ...]:
        """The choices of what a node reads."""
        targets = [target for target in self.targets() if len(pairs(target)) > 1]
        return tuple(inputs_name(kind, target) for kind in KINDS for target in targets)

    def _of_cell(self, kind: str) -> Iterator[Choice]:
        for target in self.targets():
            group = f"{kind} node {target}"
            read = pairs(target)
            if len(read) > 1:
                yield Choice(inputs_name(kind, target), tuple(map(pair_name, read)), group=group)
            for source in range(target):
                on = tuple(pair_name(pair) for pair in read if source in pair)
                condition = Condition(inputs_name(kind, target), on) if len(read) > 1 else None
                name = Edge(kind, source, target).name
                yield Choice(name, OPERATIONS, condition=condition, group=group)


def inputs_name(kind: str, target: int) -> str:
    """Name of the choice of what a node reads."""
    return f"{kind}_inputs_{target}"


def pairs(target: int) -> list[tuple[int, int]]:
    """What a node can read: any two nodes before it."""
    return list(combinations(range(target), 2))


def pair_name(pair: tuple[int, int]) -> str:
    """``0+2``."""
    return f"{pair[0]}+{pair[1]}"


PRESETS: Mapping[str, Sizes] = {
    # For CPUs and images of 8 to 16 pixels: three cells of two nodes, 5.2e7 architectures.
    "small": Sizes(
        channels=8,
        cells=3,
        reductions=(1,),
        nodes=2,
        stem=2,
        stem_stride=2,
        calibration=128,
        warm_up=WarmUp(steps=1500, batch_size=32, learning_rate=5e-3, random_subnets=6),
    ),
    # DARTS (Liu et al., ICLR 2019, arXiv 1806.09055, section 3.1): cells are searched in 8 cells of
    # 16 channels and trained in 20 of 36; about 1e18 architectures. The training of the supernet
    # follows the habits of weight sharing and was not tuned here.
    "published": Sizes(
        channels=36,
        cells=20,
        reductions=(6, 13),
        nodes=4,
        stem=3,
        stem_stride=1,
        calibration=64,
        warm_up=WarmUp(steps=200_000, batch_size=64, learning_rate=1e-3),
        searched=(8, 16),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    channels=4,
    cells=2,
    reductions=(1,),
    nodes=1,
    stem=2,
    stem_stride=2,
    calibration=16,
    warm_up=WarmUp(steps=20, batch_size=16, learning_rate=5e-3),
)
"""2,401 architectures, for contracts: small enough to enumerate and to train in a second."""
