"""The supernet: every edge holds the weights of all operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from monas_core.parts.calibration import Calibration
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_nasbench201.configure import answers_of, configure, everything
from monas_nasbench201.flows import ExactMixture, SinglePath, Statistics
from monas_nasbench201.model import CellNetwork
from monas_nasbench201.sizes import Sizes

_CALIBRATION_SEED = 201


class NASBench201Supernet(RelaxedSupernet):
    """Weights of every network of a space.

    In evaluation a subnet's batch norms use statistics of the calibration images under that very
    subnet and the present weights, found in one pass before the first batch. An extracted network
    takes them along, so it computes what the supernet computed. In training they are those of the
    batch, of each group of samples on its own. Gradients with respect to mixtures pass through
    the batch's statistics; through those of calibration they do not.

    Args:
        choices: The choices of the space.
        sizes: Its sizes.
        task: Decides channels and classes, and provides the images for statistics.
    """

    tags: Mapping[str, str] = {"network.head": "head"}

    def __init__(self, choices: ChoiceSet, sizes: Sizes, task: Task) -> None:
        super().__init__()
        self.choices = choices
        self.sizes = sizes
        self.network = CellNetwork(everything(sizes, task.example(1).shape[1], task.n_outputs))
        generator = torch.Generator().manual_seed(_CALIBRATION_SEED)
        self._calibration = Calibration[Statistics](task, sizes.calibration, generator)

    def forward(self, inputs: Tensor, architectures: Architecture | Relaxation) -> Tensor:
        """Logits (B, V) of images (B, inputs, H, W).

        Raises:
            ValueError: The number of rows does not divide the batch, or the images are too small.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            return self._mixed(inputs, architectures)
        answers = answers_of(architectures, self.choices)
        if self.training:
            return self.network(inputs, SinglePath(answers))
        return self.network(inputs, SinglePath(answers, known=self._statistics(architectures)))

    def extract(self, architecture: Architecture) -> CellNetwork:
        """A standalone network with copies of the weights this architecture uses."""
        whole = self.network.config
        config = configure(architecture, self.choices, self.sizes, whole.inputs, whole.classes)
        statistics = self._statistics(architecture)
        like = self.network.head.weight
        with torch.device("meta"):
            network = CellNetwork(config)
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

    def _mixed(self, inputs: Tensor, relaxation: Relaxation) -> Tensor:
        """The exact mixture of every group, (B, V)."""
        if relaxation.choices != self.choices:
            raise ValueError("the relaxation belongs to other choices than this supernet's")
        groups = len(relaxation)
        if groups == 0 or len(inputs) % groups:
            raise ValueError(
                f"the number of architectures must divide the batch, got {groups} architectures "
                f"for {len(inputs)} images; choose a batch that is a multiple of {groups}"
            )
        weights = relaxation.weights.to(self.network.head.weight)  # (A, E, K)
        if self.training:
            return self.network(inputs, ExactMixture(weights))
        record: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}
        with torch.no_grad():
            images = self._calibration.inputs(self.network.head.weight).repeat(groups, 1, 1, 1)
            self.network(images, ExactMixture(weights, record=record))
        return self.network(inputs, ExactMixture(weights, known=record))

    def _statistics(self, architecture: Architecture) -> Statistics:
        """Of the calibration images in a subnet, by the norms of the shared network."""
        answers = answers_of(architecture, self.choices)

        def run(images: Tensor) -> Statistics:
            record: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}
            self.network(images, SinglePath(answers, record=record))
            return record

        return self._calibration.statistics(architecture, self.network, run)
