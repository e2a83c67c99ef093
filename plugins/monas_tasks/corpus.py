"""Documents and their split into three parts that share nothing.

A document is the unit that is never divided between parts: a file, or a block
of a file where there are too few files. Reading files is the callers' job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

import attrs

from monas_core.parts.task import Part

PARTS: tuple[Part, ...] = ("train", "search", "test")
FEWEST = 10
"""Documents needed for a split: of every ten, eight train, one is searched with, one tests."""


@attrs.frozen
class Document:
    """A named piece of text."""

    name: str
    text: bytes = attrs.field(repr=False)


def distinct(documents: Iterable[Document]) -> list[Document]:
    """Without empty documents and without repeated contents (the first name stays)."""
    kept: dict[bytes, Document] = {}
    for document in documents:
        if document.text.strip():
            kept.setdefault(hashlib.sha256(document.text).digest(), document)
    return list(kept.values())


def blocks(documents: Iterable[Document], least: int, count: int = 200) -> list[Document]:
    """Cut the joined documents into up to ``count`` blocks of at least ``least`` bytes.

    The remainder at the end goes to the last block.
    """
    whole = b"\n".join(document.text for document in documents)
    number = max(1, min(count, len(whole) // least))
    size = len(whole) // number
    edges = [*range(0, size * number, size), len(whole)] if size else []
    return [
        Document(f"block {index}", whole[begin:end])
        for index, (begin, end) in enumerate(pairwise(edges))
    ]


def shuffled(documents: Iterable[Document]) -> list[Document]:
    """In the order of a hash of the names: the same on every machine, unrelated to content."""
    return sorted(documents, key=lambda d: hashlib.sha256(d.name.encode()).digest())


def split(documents: Iterable[Document]) -> Mapping[Part, list[Document]]:
    """Deal distinct documents to the parts, 8 : 1 : 1 by number, in shuffled order.

    Dealing by rank instead of by the hash itself leaves no part empty.
    """
    parts: dict[Part, list[Document]] = {part: [] for part in PARTS}
    for rank, document in enumerate(shuffled(distinct(documents))):
        place = rank % FEWEST
        parts["search" if place == 4 else "test" if place == 9 else "train"].append(document)
    return parts
