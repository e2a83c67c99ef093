"""The DARTS search space: choices, and networks from answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from monas_cells.darts.model import CellNetwork
from monas_cells.darts.options import Options
from monas_cells.darts.sizes import (
    KINDS,
    MINIATURE,
    OPERATIONS,
    PRESETS,
    Sizes,
)
from monas_cells.flows import centred
from monas_cells.supernet import CellSupernet, Operations
from monas_core.parts.space import SearchSpace, Tapped, check_preset
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation


class DartsSpace(SearchSpace, Tapped):
    """A normal and a reduction cell, as DARTS searches them (Liu et al., arXiv 1806.09055).

    Every node reads two of those before it through an operation each. A mixture weighs an edge by
    the probability that its node reads it.

    Args:
        preset: One of ``presets``.
        options: How its proxy is made cheaper.
        sizes: Sizes of your own, in place of the preset's.
    """

    name: ClassVar[str] = "darts"
    modalities: ClassVar[frozenset[str]] = frozenset({"image-classification"})
    presets: ClassVar[tuple[str, ...]] = tuple(PRESETS)

    def __init__(
        self,
        preset: str = "small",
        *,
        options: Options | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        self.preset = check_preset(type(self), preset)
        options = options or Options()
        self.sizes = sizes or PRESETS[preset]
        self.choices: ChoiceSet = self.sizes.choices()
        self.warm_up = self.sizes.warm_up
        self.by_strength = self.sizes.read_by_choice()
        searched = self.sizes.proxy(options.bottleneck, options.partial)
        self.proxy = None if searched == self.sizes else DartsSpace(preset, sizes=searched)
        self._parts = _Parts(self.choices, self.sizes)

    def taps(self, architecture: Architecture) -> tuple[str, ...]:  # noqa: ARG002 - all alike
        """The last cell before each that halves the image, and the very last."""
        last = (*(number - 1 for number in self.sizes.reductions), self.sizes.cells - 1)
        return tuple(f"cells.{number}" for number in last if number >= 0)

    @classmethod
    def tiny(cls) -> DartsSpace:
        """2,401 architectures of one node per cell."""
        return cls(sizes=MINIATURE)

    def supernet(self, task: Task) -> CellSupernet:
        """A freshly initialised supernet; classes and calibration images from the task."""
        return CellSupernet(self._parts, task)

    def build(self, architecture: Architecture, task: Task) -> CellNetwork:
        """A freshly initialised network; works on the ``meta`` device."""
        answers = self._parts.answers(architecture)
        return self._parts.network([() if a is None else (a,) for a in answers], task)

    def describe(self, relaxation: Relaxation) -> Tensor:
        """How many edges of each kind of cell have each operation, over their square root."""
        shares = self._parts.shares(relaxation)  # (A, E, K)
        counts = shares.unflatten(1, (len(KINDS), -1)).sum(2).flatten(1)
        return counts / (2 * self.sizes.nodes) ** 0.5


class _Parts:
    """What networks and supernets of the space are put together from."""

    def __init__(self, choices: ChoiceSet, sizes: Sizes) -> None:
        self.choices, self.sizes, self.calibration = choices, sizes, sizes.calibration
        edges = sizes.edges()
        self.number = {edge: number for number, edge in enumerate(edges)}
        self.columns = [choices.position[edge.name] for edge in edges]
        self._options = torch.tensor(choices.sizes)

    def everything(self) -> Operations:
        """All operations on every edge."""
        return (OPERATIONS,) * len(self.columns)

    def network(self, operations: Sequence[Sequence[str]], task: Task) -> CellNetwork:
        """With weights for some operations on every edge."""
        return CellNetwork(self.sizes, operations, task.example(1).shape[1], task.n_outputs)

    def answers(self, architecture: Architecture) -> list[str | None]:
        """The operation of every edge that is there. Raises UsageError for another space."""
        indices = self.choices.to_indices(architecture)
        there = self.choices.active(indices)
        return [OPERATIONS[indices[c]] if there[c] else None for c in self.columns]

    def shares(self, relaxation: Relaxation) -> Tensor:
        """Of every operation of every edge: its weight times that of the edge, ``(A, E, K)``."""
        even = Relaxation(self.choices, centred(relaxation.weights, self._options))
        each = even.weights[:, self.columns, : len(OPERATIONS)]
        return each * even.activity()[:, self.columns, None]
