"""A text cut into tokens, documents packed one after the other, mapped from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from monas_core.progress import preparing
from monas_tasks.cache import Cache
from monas_tasks.corpus import Document, digest
from monas_tasks.stored import Stored
from monas_tasks.tokens import Tokens

_FORM = "1"
"""Changes when what lies in the file does."""
_AT_ONCE = 1 << 20
"""Bytes of documents that are cut at once."""


class Packed(Stored):
    """Documents with a separator after each, cut once and read from the cache from then on.

    Args:
        documents: In order.
        tokens: What they are cut into.
        cache: Where they are kept.
        name: What they are, for the screen.

    Attributes:
        size: Bytes of the text, separators counted as one each.
    """

    def __init__(
        self, documents: Sequence[Document], tokens: Tokens, cache: Cache, name: str
    ) -> None:
        kind = np.uint16 if tokens.size <= 1 << 16 else np.uint32

        def make(folder: Path) -> dict[str, Any]:
            count, size = 0, 0
            with (folder / "tokens").open("wb") as stream:
                for piece, length in _cut(documents, tokens, name):
                    stream.write(np.array(piece, dtype=kind).tobytes())
                    count, size = count + len(piece), size + length
            return {"tokens": count, "bytes": size}

        key = digest(documents, _FORM, tokens.digest, *map(str, tokens.separator))
        folder, facts = cache.entry("tokens", key, make)
        self.size = int(facts["bytes"])
        self._length = int(facts["tokens"])
        empty = self._length == 0  # nothing cannot be mapped
        self._data = (
            np.empty(0, kind) if empty else np.memmap(folder / "tokens", dtype=kind, mode="r")
        )

    def __len__(self) -> int:
        return self._length

    def windows(self, starts: Tensor, width: int) -> Tensor:
        """As ``Stored.windows``."""
        places = starts.numpy()[:, None] + np.arange(width)
        return torch.from_numpy(self._data[places].astype(np.int64))


def _cut(
    documents: Sequence[Document], tokens: Tokens, name: str
) -> Iterator[tuple[list[int], int]]:
    """Tokens of each document with the separator behind it, and its bytes."""
    done = preparing(f"cutting {name} into tokens", sum(len(d.text) for d in documents))
    seen = 0
    for several in _several(documents):
        # without letters that a block's edge cuts in two
        texts = [bytes(document.text).decode("utf-8", "ignore") for document in several]
        for text, found in zip(texts, tokens.encode(texts), strict=True):
            yield [*found, *tokens.separator], len(text.encode()) + 1
        seen += sum(len(document.text) for document in several)
        done(seen)


def _several(documents: Sequence[Document]) -> Iterator[list[Document]]:
    several, size = list[Document](), 0
    for document in documents:
        several.append(document)
        size += len(document.text)
        if size >= _AT_ONCE:
            yield several
            several, size = [], 0
    if several:
        yield several
