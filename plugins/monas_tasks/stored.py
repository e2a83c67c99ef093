"""The tokens of a part: bytes in memory or in the files they came from, or encoded text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from monas_tasks.corpus import Document

_AT_ONCE = 64
"""Documents that are encoded at once."""


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


class Encoded(Stored):
    """Documents as numbers of a tokenizer's tokens, with the tokens of a newline between them.

    Args:
        documents: What is encoded, when it is first asked for.
        encode: From some texts to the tokens of each.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        encode: Callable[[Sequence[str]], Sequence[Sequence[int]]],
    ) -> None:
        self._documents, self._encode = documents, encode

    @cached_property
    def data(self) -> Tensor:
        """All tokens, int32."""
        (newline,) = self._encode(["\n"])
        found = [torch.tensor(newline, dtype=torch.int32)]
        for begin in range(0, len(self._documents), _AT_ONCE):
            texts = [_text(d) for d in self._documents[begin : begin + _AT_ONCE]]
            for tokens in self._encode(texts):
                found += [torch.tensor(tokens, dtype=torch.int32), found[0]]
        return torch.cat(found[1:])

    @cached_property
    def bytes_per_token(self) -> float:
        """Mean over all tokens."""
        return sum(len(_text(d).encode()) + 1 for d in self._documents) / len(self.data)

    def fewest(self, wanted: int) -> int:
        """Number of tokens, counted until there are as many as wanted."""
        count = 0
        for document in self._documents:
            count += len(self._encode([_text(document)])[0]) + 1
            if count >= wanted:
                break
        return count

    def __len__(self) -> int:
        return len(self.data)

    def windows(self, starts: Tensor, width: int) -> Tensor:
        """As ``Stored.windows``."""
        return self.data[starts[:, None] + torch.arange(width)].long()


def _text(document: Document) -> str:
    """Without letters that a block's edge cuts in two."""
    return bytes(document.text).decode("utf-8", "ignore")


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
