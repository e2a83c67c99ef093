"""Windows of the stretches of one part, cut when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from monas_series.recordings import Stretch
from monas_series.table import Numbers


class Windows:
    """Every window of some stretches.

    Args:
        stretches: Of one part, each at least as long as a window.
        window: W, rows.
        step: Rows from one window to the next.
        mean, deviation: Of each column, ``(C,)``.
        answers: What is to be told of the window that ends at a row: one for each row of all
            stretches, one after the other.
    """

    def __init__(
        self,
        stretches: Sequence[Stretch],
        window: int,
        step: int,
        mean: Numbers,
        deviation: Numbers,
        answers: Tensor,
    ) -> None:
        values = np.concatenate([s.values for s in stretches])
        self._values = torch.from_numpy((values - mean) / deviation)
        self._answers = answers
        self._offsets = torch.arange(window)
        begin, starts = 0, list[int]()
        for stretch in stretches:
            starts += range(begin, begin + len(stretch) - window + 1, step)
            begin += len(stretch)
        self._starts = torch.tensor(starts)

    def __len__(self) -> int:
        return len(self._starts)

    def at(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Windows ``(B, C, W)`` and their answers ``(B,)``."""
        rows = self._starts[places][:, None] + self._offsets  # (B, W)
        return self._values[rows].transpose(1, 2).contiguous(), self._answers[rows[:, -1]]

    def spread(self, most: int) -> Tensor:
        """At most so many places, evenly spread."""
        count = min(most, len(self))
        return torch.linspace(0, len(self) - 1, count, dtype=torch.float64).long()

    def answers(self) -> Tensor:
        """What is to be told of every window, ``(n,)``."""
        return self._answers[self._starts + len(self._offsets) - 1]
