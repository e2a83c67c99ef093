"""Other processes of a run, as the parts see them that can use their help."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from monas_core.parts.task import Part
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation


class Helpers(ABC):
    """Share the work on one supernet; all have its weights as they are now.

    Batches are named by the generator that they are drawn from next, so that they need not be
    sent; the generator itself stays where it is.
    """

    @abstractmethod
    def scores(
        self, architectures: Sequence[Architecture], part: Part
    ) -> dict[Architecture, Mapping[str, float]]:
        """Scores of subnets; those that have none are left out."""

    @abstractmethod
    def losses(
        self, generator: torch.Generator, size: int, relaxation: Relaxation
    ) -> tuple[Tensor, Tensor]:
        """Mean losses ``(A,)`` of relaxed architectures on a batch, A of which divide it, and
        the gradient of each at its own row, ``(A, C, K)``."""

    @abstractmethod
    def lesson(self, generator: torch.Generator, size: int, architecture: Architecture) -> None:
        """Have the others work off their shares of a batch that ``Updater.learn`` is given next."""
