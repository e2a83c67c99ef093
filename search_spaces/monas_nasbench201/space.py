"""The NAS-Bench-201 search space: choices, and networks from answers to them."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values import cell
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_nasbench201.configure import configure
from monas_nasbench201.model import STAGES, CellNetwork
from monas_nasbench201.sizes import MINIATURE, OPERATIONS, PRESETS, Sizes, edges
from monas_nasbench201.supernet import NASBench201Supernet


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

    def supernet(self, task: Task) -> NASBench201Supernet:
        """A freshly initialised supernet; classes and calibration images from the task."""
        return NASBench201Supernet(self.choices, self.sizes, task)

    def build(self, architecture: Architecture, task: Task) -> CellNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        inputs = task.example(1).shape[1]
        return CellNetwork(
            configure(architecture, self.choices, self.sizes, inputs, task.n_outputs)
        )
