"""Documents and their split into three parts that share nothing.

A document is the unit that is never divided between parts: a file, or a block
of a file where there are too few files. Reading files is the callers' job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import attrs

from monas_core.parts.task import Part

PARTS: tuple[Part, ...] = ("train", "search", "test")
FEWEST = 10
"""Documents needed for a split: of every ten, eight train, one is searched with, one tests."""


@attrs.frozen
class Document:
    """A named piece of text, in memory or a view of a mapped file."""

    name: str
    text: bytes | memoryview = attrs.field(repr=False)


def digest(documents: Iterable[Document], *beside: str) -> str:
    """A name for what is made from the contents of documents, in order, and some words."""
    found = hashlib.sha256()
    for part in (*map(str.encode, beside), *(document.text for document in documents)):
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:32]


def distinct(documents: Iterable[Document]) -> list[Document]:
    """Without empty documents and without repeated contents (the first name stays)."""
    kept: dict[bytes, Document] = {}
    for document in documents:
        if not _blank(document.text):
            kept.setdefault(hashlib.sha256(document.text).digest(), document)
    return list(kept.values())


def _blank(text: bytes | memoryview) -> bool:
    step = 1 << 16  # nearly always the first piece tells
    return all(not bytes(text[i : i + step]).strip() for i in range(0, len(text), step))


def pieces(documents: Sequence[Document], least: int, count: int = 200) -> list[Document]:
    """Each document cut into blocks of its own, about ``count`` in all; nothing is copied."""
    total = sum(len(document.text) for document in documents)
    found: list[Document] = []
    for document in documents:
        size = len(document.text)
        number = max(1, min(round(count * size / total), size // least))
        edges = [index * size // number for index in range(number + 1)]
        found += [
            Document(f"{document.name} block {index}", document.text[begin:end])
            for index, (begin, end) in enumerate(pairwise(edges))
        ]
    return found


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
