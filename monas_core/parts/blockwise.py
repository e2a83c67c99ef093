"""A supernet whose networks are a row of blocks, each of which can be run alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor

from monas_core.values.architecture import Architecture


class Blockwise(ABC):
    """What a supernet also is whose blocks can be trained and judged apart.

    A space that has one declares ``blocks`` in its spec, beside ``supernet`` and ``taps``: the tap
    of a block is where it ends, so there is one tap for each block. ``ChoiceSet.block`` gives the
    choices of a block; choices of none are shared by all of them.

    Attributes:
        blocks: Names, in the order data pass them.
    """

    blocks: ClassVar[tuple[str, ...]] | tuple[str, ...]

    @abstractmethod
    def run_block(self, name: str, inputs: Any, architecture: Architecture) -> Tensor:
        """Features of a block: a function of its own choices and of those all blocks share.

        Args:
            name: One of ``blocks``.
            inputs: Of the first block a batch of the task; of others the features of the block
                before, also those of a larger network, from which it takes what it needs.
            architecture: Whose choices count.
        """

    @abstractmethod
    def run_head(self, features: Tensor, architecture: Architecture) -> Any:
        """Outputs of a network from the features of its last block.

        All blocks, then this, are the forward pass.
        """
