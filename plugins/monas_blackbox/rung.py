"""The architectures judged by one share of the samples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Rung:
    """Architectures with their losses, in order of arrival.

    Attributes:
        share: Samples as a share of those of a complete evaluation.
        rows: The architectures, ``(n, C)``.
        losses: One each.
    """

    def __init__(self, share: float, choices: int) -> None:
        self.share = share
        self.rows = torch.empty(0, choices, dtype=torch.int64)
        self.losses: list[float] = []

    def __len__(self) -> int:
        return len(self.losses)

    def add(self, rows: Tensor, losses: Sequence[float]) -> None:
        """Append judged rows ``(n, C)``."""
        self.rows = torch.cat([self.rows, rows])
        self.losses.extend(losses)
