"""The network that holds the weights of every architecture of a space."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import nn

from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation

BACKBONE = "backbone"
"""Tag of whatever part of a supernet has no other."""


class Supernet(nn.Module):
    """Shared weights; the architecture is an argument, never state.

    A space that has one declares ``supernet`` in its spec.

    Attributes:
        tags: Parts of the network that may learn at a pace of their own (``head``, ``fusion``,
            ``architecture``, ...), by the beginning of their parameters' names. What has no
            tag is the ``backbone``.
    """

    tags: Mapping[str, str] = {}

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


def tag_of(supernet: Supernet, name: str) -> str:
    """Tag of a parameter, by its name in ``named_parameters``; the longest beginning decides."""
    found = [start for start in supernet.tags if f"{name}.".startswith(f"{start}.")]
    return supernet.tags[max(found, key=len)] if found else BACKBONE


def tags_of(supernet: Supernet) -> list[str]:
    """The tags that parameters have, sorted."""
    return sorted({tag_of(supernet, name) for name, _ in supernet.named_parameters()})


def rate_factors(supernet: Supernet, rates: Mapping[str, float]) -> dict[str, float]:
    """Factor on the learning rate of each parameter, by name, from factors by tag.

    Empty where no tag has a factor, so that nothing is split needlessly.
    """
    if not rates:
        return {}
    names = (name for name, _ in supernet.named_parameters())
    return {name: rates.get(tag_of(supernet, name), 1.0) for name in names}
