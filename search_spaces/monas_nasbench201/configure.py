"""From the answers of an architecture to the sizes of its network."""

from __future__ import annotations

from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_nasbench201.model import CellConfig
from monas_nasbench201.sizes import OPERATIONS, Sizes, edges


def answers_of(architecture: Architecture, choices: ChoiceSet) -> tuple[str, ...]:
    """The operation of every edge, in order. Raises UsageError for another space."""
    return tuple(OPERATIONS[index] for index in choices.to_indices(architecture))


def configure(
    architecture: Architecture, choices: ChoiceSet, sizes: Sizes, inputs: int, classes: int
) -> CellConfig:
    """Sizes of the network an architecture stands for."""
    alone = tuple((answer,) for answer in answers_of(architecture, choices))
    return _config(alone, sizes, inputs, classes)


def everything(sizes: Sizes, inputs: int, classes: int) -> CellConfig:
    """Sizes of the network whose edges hold all operations."""
    return _config((OPERATIONS,) * len(edges(sizes.nodes)), sizes, inputs, classes)


def _config(
    operations: tuple[tuple[str, ...], ...], sizes: Sizes, inputs: int, classes: int
) -> CellConfig:
    return CellConfig(
        operations=operations,
        nodes=sizes.nodes,
        cells=sizes.cells,
        channels=sizes.channels,
        inputs=inputs,
        classes=classes,
    )
