"""Sentences with their translations, and their split into three parts that share nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from monas_core.parts.task import Part

PARTS: tuple[Part, ...] = ("train", "search", "test")
FEWEST = 10
"""Keys needed for a split: of every ten, eight train, one is searched with, one tests."""

Key = TypeVar("Key")


class Pair(NamedTuple):
    """A text and what a person made of it in the other language."""

    source: str
    target: str


def deal(keys: Iterable[Key]) -> Mapping[Part, list[Key]]:
    """Deal distinct keys to the parts, 8 : 1 : 1 by number, in the order of a hash of each.

    The order is the same on every machine and unrelated to content. Dealing by
    rank instead of by the hash itself leaves no part empty.
    """
    parts: dict[Part, list[Key]] = {part: [] for part in PARTS}
    ordered = sorted(
        dict.fromkeys(keys), key=lambda key: hashlib.sha256(repr(key).encode()).digest()
    )
    for rank, key in enumerate(ordered):
        place = rank % FEWEST
        parts["search" if place == 4 else "test" if place == 9 else "train"].append(key)
    return parts


def distinct(parts: Mapping[Part, Sequence[Pair]]) -> Mapping[Part, list[Pair]]:
    """Every source once, in the first part that has it; so nothing tested was trained on.

    What is the same in both languages is left out: there is nothing to translate.
    """
    seen: set[str] = set()
    kept: dict[Part, list[Pair]] = {part: [] for part in PARTS}
    for part in PARTS:
        for pair in parts[part]:
            if pair.source not in seen and pair.source != pair.target:
                seen.add(pair.source)
                kept[part].append(pair)
    return kept
