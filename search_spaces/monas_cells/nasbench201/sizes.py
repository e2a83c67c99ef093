"""Sizes of the NAS-Bench-201 space by preset and its choices, as plain values; imports no torch."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from monas_core.parts.space import WarmUp
from monas_core.values.architecture import Choice
from monas_core.values.choices import ChoiceSet

OPERATIONS = ("skip_connect", "none", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")
"""Answers to every choice, by rising cost. The identity comes first, so that the smallest
network is one that works: with ``none`` everywhere the input never reaches the output."""


@attrs.frozen
class Sizes:
    """Everything that differs between two presets.

    Attributes:
        channels: Of the first stage; each of the two later stages doubles them.
        cells: Of each stage.
        nodes: Of a cell; every node has an edge from each earlier one.
        calibration: Training images by which batch norms learn a subnet's statistics.
        warm_up: Recommended training of the supernet.
    """

    channels: int
    cells: int
    nodes: int
    calibration: int
    warm_up: WarmUp

    def choices(self) -> ChoiceSet:
        """One choice per edge, by the node it leads to."""
        return ChoiceSet(
            "nasbench201",
            1,
            [
                Choice(edge_name(source, target), OPERATIONS, group=f"node {target}")
                for source, target in edges(self.nodes)
            ],
        )


def edges(nodes: int) -> list[tuple[int, int]]:
    """(source, target) of every edge of a cell: 0-1, 0-2, 1-2, 0-3, ..."""
    return [(source, target) for target in range(1, nodes) for source in range(target)]


def edge_name(source: int, target: int) -> str:
    """Name of the choice of an edge."""
    return f"edge_{source}_{target}"


PRESETS: Mapping[str, Sizes] = {
    # For CPUs: the published cell between narrower and fewer layers. Small batches and many steps,
    # as each operation of an edge is trained in one of five; the ends of the space take turns
    # less often, or networks of identities would be trained far more than the rest.
    "small": Sizes(
        channels=8,
        cells=1,
        nodes=4,
        calibration=128,
        warm_up=WarmUp(steps=5000, batch_size=32, learning_rate=5e-3, random_subnets=6),
    ),
    # NAS-Bench-201 (arXiv 2001.00326, section 2.1). Its networks were trained one by one; the
    # training of the supernet follows the habits of weight sharing and was not tuned here.
    "published": Sizes(
        channels=16,
        cells=5,
        nodes=4,
        calibration=512,
        warm_up=WarmUp(steps=100_000, batch_size=64, learning_rate=2e-3),
    ),
}
"""Sizes by preset, smallest first."""

MINIATURE = Sizes(
    channels=4,
    cells=1,
    nodes=3,
    calibration=16,
    warm_up=WarmUp(steps=20, batch_size=16, learning_rate=5e-3),
)
"""125 architectures, for contracts: small enough to enumerate and to train in a second."""
