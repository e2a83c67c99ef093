"""The NAS-Bench-201 search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from monas_cells.flows import centred
from monas_cells.nasbench201.model import STAGES, CellConfig, CellNetwork
from monas_cells.nasbench201.sizes import MINIATURE, OPERATIONS, PRESETS, Sizes, edges
from monas_cells.supernet import CellSupernet, Operations
from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values import cell
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation


class NASBench201Space(SearchSpace, Tapped):
    """The 15,625 cells of NAS-Bench-201 (Dong and Yang, ICLR 2020, arXiv 2001.00326).

    Args:
        preset: One of ``presets``.
        sizes: Sizes of your own, in place of the preset's.
    """

    name: ClassVar[str] = "nasbench201"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(self, preset: str = "small", *, sizes: Sizes | None = None) -> None:
        self.preset = check_preset(type(self), preset)
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up

    def describe(self, relaxation: Relaxation) -> Tensor:
        """What the cell computes: operations on live edges and kinds of paths."""
        return cell.describe(relaxation.weights, edges(self.sizes.nodes), OPERATIONS)

    def taps(self, architecture: Architecture) -> tuple[str, ...]:  # noqa: ARG002 - all alike
        """The last cell of each stage."""
        return tuple(f"stages.{stage}.{self.sizes.cells - 1}" for stage in range(STAGES))

    @classmethod
    def tiny(cls) -> NASBench201Space:
        """The 125 cells of three nodes, narrow."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> CellSupernet:
        """A freshly initialised supernet; classes and calibration images from the task."""
        return CellSupernet(_Parts(self.choices, self.sizes), task)

    def build(self, architecture: Architecture, task: Task) -> CellNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        parts = _Parts(self.choices, self.sizes)
        return parts.network([(answer,) for answer in parts.answers(architecture)], task)


class _Parts:
    """What networks and supernets of the space are put together from."""

    def __init__(self, choices: ChoiceSet, sizes: Sizes) -> None:
        self.choices, self.sizes, self.calibration = choices, sizes, sizes.calibration

    def everything(self) -> Operations:
        """All operations on every edge."""
        return (OPERATIONS,) * len(edges(self.sizes.nodes))

    def network(self, operations: Operations, task: Task) -> CellNetwork:
        """With weights for some operations on every edge."""
        config = CellConfig(
            operations=tuple(map(tuple, operations)),
            nodes=self.sizes.nodes,
            cells=self.sizes.cells,
            channels=self.sizes.channels,
            inputs=task.example(1).shape[1],
            classes=task.n_outputs,
        )
        return CellNetwork(config)

    def answers(self, architecture: Architecture) -> list[str]:
        """The operation of every edge, in order. Raises UsageError for another space."""
        return [OPERATIONS[index] for index in self.choices.to_indices(architecture)]

    def shares(self, relaxation: Relaxation) -> Tensor:
        """The weights themselves: there is one choice per edge."""
        return centred(relaxation.weights, len(OPERATIONS))
