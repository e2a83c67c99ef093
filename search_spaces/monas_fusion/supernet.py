"""The supernet: all edges, each behind a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from monas_core.parts.supernet import RelaxedSupernet
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation
from monas_fusion.model import FusionNetwork

Build = Callable[[Architecture], FusionNetwork]


class FusionSupernet(RelaxedSupernet):
    """Weights of every network of a space; norms look at one sample, so nothing is calibrated.

    Args:
        choices: Of the space: an edge each, closed or open.
        build: Makes the network of an architecture.
        largest: Whose network has all edges.
    """

    tags: Mapping[str, str] = {"network.fusion": "fusion", "network.heads": "head"}

    def __init__(self, choices: ChoiceSet, build: Build, largest: Architecture) -> None:
        super().__init__()
        self.choices, self._build = choices, build
        self.network = build(largest)

    def forward(
        self, inputs: Tensor, architectures: Architecture | Relaxation
    ) -> dict[str, Tensor]:
        """Maps by head of pictures ``(B, C, H, W)``.

        Raises:
            ValueError: The number of rows does not divide the batch.
            UsageError: The architecture is of another space.
        """
        if isinstance(architectures, Relaxation):
            return self.network(inputs, self._gates(inputs, architectures))
        self.choices.to_indices(architectures)
        like = self._like()
        gates = {
            name: torch.full((len(inputs),), float(bool(answer)), device=like.device)
            for name, answer in architectures.choices.items()
        }
        return self.network(inputs, gates)

    def extract(self, architecture: Architecture) -> FusionNetwork:
        """A standalone network with copies of the weights this architecture uses."""
        like = self._like()
        with torch.device("meta"):
            network = self._build(architecture)
        network = network.to_empty(device=like.device)
        shared = self.network.state_dict()
        with torch.no_grad():
            for name, weight in network.state_dict().items():
                weight.copy_(shared[name])
        return network.train(self.training)

    def _like(self) -> Tensor:
        """A weight: where all are, and in which precision."""
        return next(self.network.parameters())

    def _gates(self, inputs: Tensor, relaxation: Relaxation) -> dict[str, Tensor]:
        """How far each edge is open for each sample, ``(B,)`` by name."""
        if relaxation.choices != self.choices:
            raise ValueError("the relaxation belongs to other choices than this supernet's")
        groups = len(relaxation)
        if groups == 0 or len(inputs) % groups:
            raise ValueError(
                f"the number of architectures must divide the batch, got {groups} architectures "
                f"for {len(inputs)} pictures; choose a batch that is a multiple of {groups}"
            )
        opened = relaxation.weights[:, :, 1].to(self._like())  # (A, C)
        each = opened.repeat_interleave(len(inputs) // groups, 0).unbind(1)
        return dict(zip(self.choices.position, each, strict=True))
