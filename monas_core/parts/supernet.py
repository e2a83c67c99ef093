"""The network that holds the weights of every architecture of a space."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import nn

from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation


class Supernet(nn.Module):
    """Shared weights; the architecture is an argument, never state.

    A space that has one declares ``supernet`` in its spec.
    """

    @abstractmethod
    def forward(self, inputs: Any, architectures: Architecture) -> Any:
        """Outputs of one subnet for a batch, at the cost of the subnet."""

    @abstractmethod
    def extract(self, architecture: Architecture) -> nn.Module:
        """A standalone module with copies of the weights this architecture uses."""


class RelaxedSupernet(Supernet):
    """A supernet that also runs mixtures, for methods that follow gradients to options.

    A space that has one declares ``relaxed`` in its spec, beside ``supernet``.
    """

    @abstractmethod
    def forward(self, inputs: Any, architectures: Architecture | Relaxation) -> Any:
        """Outputs for a batch.

        With an Architecture the weights are sliced: the cost of the subnet.
        With a Relaxation of A rows, A divides the batch and the samples of
        group a (``B/A`` neighbours) see architecture a; gradients reach every
        option of every active choice. For one-hot rows both agree to rounding.

        Raises:
            ValueError: A does not divide the batch.
        """
