"""The bytes of a part, in memory or in the files they came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from monas_tasks.corpus import Document


class Stored(ABC):
    """Documents as one stretch of tokens."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of tokens."""

    @abstractmethod
    def windows(self, starts: Tensor, width: int) -> Tensor:
        """Tokens from ``starts`` ``(B,)`` on, ``(B, width)`` int64."""


class InMemory(Stored):
    """Documents separated by newlines."""

    def __init__(self, documents: Sequence[Document]) -> None:
        joined = bytearray(b"\n".join(document.text for document in documents))
        self.data = torch.frombuffer(joined, dtype=torch.uint8)

    def __len__(self) -> int:
        return len(self.data)

    def windows(self, starts: Tensor, width: int) -> Tensor:
        """As ``Stored.windows``."""
        return self.data[starts[:, None] + torch.arange(width)].long()


class Mapped(Stored):
    """Documents that stay in their files; only what a window shows is read.

    A window that would reach beyond a document begins so much earlier, or, where the document is
    shorter, is filled up with newlines.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._texts = [np.frombuffer(document.text, dtype=np.uint8) for document in documents]
        self._ends = torch.tensor(list(accumulate(map(len, self._texts))))

    def __len__(self) -> int:
        return int(self._ends[-1])

    def windows(self, starts: Tensor, width: int) -> Tensor:
        """As ``Stored.windows``."""
        rows = np.full((len(starts), width), ord("\n"), dtype=np.int64)
        for row, (start, place) in enumerate(
            zip(starts.tolist(), torch.searchsorted(self._ends, starts, right=True), strict=True)
        ):
            text = self._texts[int(place)]
            within = start - (int(self._ends[int(place)]) - len(text))
            begin = max(0, min(within, len(text) - width))
            shown = text[begin : begin + width]
            rows[row, : len(shown)] = shown
        return torch.from_numpy(rows)
