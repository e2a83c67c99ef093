"""The network that holds the weights of every architecture of a space."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from torch import nn

from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation


class Supernet(nn.Module):
    """Shared weights; the architecture is an argument, never state.

    Attributes:
        capabilities: Declared extras, e.g. ``blocks`` (block-wise forward) or ``gates``
            (continuous masks). Optimizers name the ones they need.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset()

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

    @abstractmethod
    def extract(self, architecture: Architecture) -> nn.Module:
        """A standalone module with copies of the weights this architecture uses."""
