"""Weights that a network keeps in fewer bits than it computes with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import nn

BLOCK = 32
"""Neighbouring weights of a row that share a scale."""
FULL = 32
"""Bits of a weight that is kept as it is."""
STORED_BITS: Mapping[int, float] = {8: 8 + 16 / BLOCK, 4: 4 + 16 / BLOCK}
"""Bits that a weight takes by the bits of its code: a scale of 16 bits for each block."""


@runtime_checkable
class Packable(Protocol):
    """A network with weights that are kept in few bits: it answers with their rounded values."""

    def stored_bits(self) -> Mapping[str, int]:
        """Bits of the codes of such weights, by name; those of full precision are left out."""
        ...

    def packed(self) -> nn.Module:
        """The same network for inference alone, with codes and scales in place of those weights."""
        ...


def stored_bits(network: Any) -> Mapping[str, int]:
    """Bits of the weights that are kept in few, by name; empty for other networks."""
    return network.stored_bits() if isinstance(network, Packable) else {}
