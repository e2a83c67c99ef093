"""A supernet whose parts are switched off by continuous gates, for pruning while training."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.parts.supernet import Supernet
from monas_core.values.architecture import Architecture

Gates = Mapping[str, Tensor]
"""Numbers by name of a group, 1 for what is fully open; gradients reach them."""


class GatedSupernet(Supernet):
    """A supernet that also runs pruned by gates.

    A gate is one number for each thing that can be pruned: a channel, a tap of a filter. Gates
    are no choices, of which there would be hundreds: an architecture says how many channels
    there are, and the gates which. Every setting of the gates stands for an architecture of the
    space (``discretise``), and the pruned network is one of that architecture.

    A space that has one declares ``gated`` in its spec, beside ``supernet``.

    Attributes:
        gates: Length of every group of gates, by name. All gates at 1 are the largest network.
    """

    gates: Mapping[str, int]

    @abstractmethod
    def gated(self, inputs: Any, gates: Gates) -> Any:
        """Outputs of the pruned network for a batch, with gradients to weights and gates.

        Gates are thresholded, so values are those of ``prune(gates)``; gradients pass the
        threshold as if it were not there (Bengio et al., arXiv 1308.3432).
        """

    @abstractmethod
    def sizes(self, gates: Gates) -> Mapping[str, Tensor]:
        """``weights`` and ``operations`` (multiply-accumulates) of the pruned network, scalars.

        Exact values, differentiable in the gates.
        """

    @abstractmethod
    def discretise(self, gates: Gates) -> Architecture:
        """The architecture that the gates stand for."""

    @abstractmethod
    def prune(self, gates: Gates) -> nn.Module:
        """A standalone, physically smaller network with copies of the weights that are left."""


def open_gates(supernet: GatedSupernet) -> dict[str, Tensor]:
    """Gates of the largest network."""
    return {name: torch.ones(length) for name, length in supernet.gates.items()}


def passed(hard: Tensor, soft: Tensor) -> Tensor:
    """The values of one tensor with the gradient of another."""
    return hard + (soft - soft.detach())
