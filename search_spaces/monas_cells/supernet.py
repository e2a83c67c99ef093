"""The supernet of a space of cells: every edge holds the weights of all operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from monas_cells.flows import ExactMixture, SinglePath, Statistics
from monas_core.parts.calibration import Calibration
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation

_CALIBRATION_SEED = 201

Operations = Sequence[Sequence[str]]
"""For every edge the operations it has weights for."""


class Cells(Protocol):
    """What is needed of a space.

    Attributes:
        choices: Of the space.
        calibration: Training images by which batch norms learn a subnet's statistics.
    """

    choices: ChoiceSet
    calibration: int

    def everything(self) -> Operations:
        """All operations of every edge."""
        ...

    def network(self, operations: Operations, task: Task) -> nn.Module:
        """A network with a linear layer ``head``, called with images and a ``Flow``."""
        ...

    def answers(self, architecture: Architecture) -> Sequence[str | None]:
        """The operation of every edge, ``None`` where it is not there.

        Raises:
            UsageError: The architecture is of another space.
        """
        ...

    def shares(self, relaxation: Relaxation) -> Tensor:
        """Weight of every operation of every edge, ``(A, E, K)``."""
        ...


class CellSupernet(RelaxedSupernet):
    """Weights of every network of a space of cells.

    In evaluation a subnet's batch norms use statistics of the calibration images under that very
    subnet and the present weights, found in one pass before the first batch. An extracted network
    takes them along, so it computes what the supernet computed. In training they are those of the
    batch, of each group of samples on its own. Gradients with respect to mixtures pass through
    the batch's statistics; through those of calibration they do not.

    Args:
        space: Whose networks.
        task: Decides channels and classes, and provides the images for statistics.
    """

    tags: Mapping[str, str] = {"network.head": "head"}

    def __init__(self, space: Cells, task: Task) -> None:
        super().__init__()
        self._space = space
        self.network = space.network(space.everything(), task)
        self._build = lambda operations: space.network(operations, task)
        generator = torch.Generator().manual_seed(_CALIBRATION_SEED)
        self._calibration = Calibration[Statistics](task, space.calibration, generator)

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits (B, V) of images (B, inputs, H, W).

        Raises:
            ValueError: The number of rows does not divide the batch, or the images are too small.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            return self._mixed(inputs, architectures)
        answers = self._space.answers(architectures)
        if self.training:
            return self.network(inputs, SinglePath(answers))
        return self.network(inputs, SinglePath(answers, known=self._statistics(architectures)))

    def extract(self, architecture: Architecture) -> nn.Module:
        """A standalone network with copies of the weights this architecture uses."""
        answers = self._space.answers(architecture)
        statistics = self._statistics(architecture)
        like = self._head()
        with torch.device("meta"):
            network = self._build([() if a is None else (a,) for a in answers])
        network = network.to_empty(device=like.device).to(like.dtype)
        shared = dict(self.network.named_parameters())
        with torch.no_grad():
            for name, weight in network.named_parameters():
                weight.copy_(shared[name])
            for name, layer in network.named_modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.reset_running_stats()
                    known = cast("nn.BatchNorm2d", self.network.get_submodule(name))
                    for mine, found in zip(
                        (layer.running_mean, layer.running_var), statistics[known], strict=True
                    ):
                        assert mine is not None
                        mine.copy_(found)
        return network.train(self.training)

    def _head(self) -> Tensor:
        return cast("Any", self.network).head.weight

    def _mixed(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        """The exact mixture of every group, (B, V)."""
        if relaxation.choices != self._space.choices:
            raise ValueError("the relaxation belongs to other choices than this supernet's")
        groups = len(relaxation)
        if groups == 0 or len(inputs) % groups:
            raise ValueError(
                f"the number of architectures must divide the batch, got {groups} architectures "
                f"for {len(inputs)} images; choose a batch that is a multiple of {groups}"
            )
        like = self._head()
        shares = self._space.shares(relaxation).to(like)  # (A, E, K)
        if self.training:
            return self.network(inputs, ExactMixture(shares))
        record: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}
        with torch.no_grad():
            images = self._calibration.inputs(like).repeat(groups, 1, 1, 1)
            self.network(images, ExactMixture(shares, record=record))
        return self.network(inputs, ExactMixture(shares, known=record))

    def _statistics(self, architecture: Architecture) -> Statistics:
        """Of the calibration images in a subnet, by the norms of the shared network."""
        answers = self._space.answers(architecture)

        def run(images: Tensor) -> Statistics:
            record: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}
            self.network(images, SinglePath(answers, record=record))
            return record

        return self._calibration.statistics(architecture, self.network, run)
