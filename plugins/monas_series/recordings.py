"""Recordings, and their split into three parts of which no two share one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_series.table import Numbers

PARTS: tuple[Part, ...] = ("train", "search", "test")
TURNS: tuple[Part, ...] = ("train", "search", "test", "train", "train")
"""Of five recordings three train, one is searched with, one tests."""
FEWEST = len(PARTS)
_TRIES = 200
"""Orders that are tried for one in which every part has every class."""


@attrs.frozen(eq=False)
class Stretch:
    """Neighbouring rows of one recording, and of one class where there are classes.

    Attributes:
        recording: Which.
        values: ``(rows, columns)``.
        label: Its class; "" where numbers are told.
        targets: The number at each row, ``(rows,)``; empty where classes are.
    """

    recording: str
    values: Numbers
    label: str = ""
    targets: Numbers = attrs.field(factory=lambda: np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.values)


def long_enough(
    stretches: Iterable[Stretch], window: int, who: str
) -> tuple[list[Stretch], dict[str, str]]:
    """The stretches that hold a window, and the recordings that have none, with the reason.

    Raises:
        UsageError: Too few are left to have one in each part.
    """
    longest: dict[str, int] = defaultdict(int)
    kept: list[Stretch] = []
    for stretch in stretches:
        longest[stretch.recording] = max(longest[stretch.recording], len(stretch))
        if len(stretch) >= window:
            kept.append(stretch)
    short = {name: rows for name, rows in longest.items() if rows < window}
    if len(longest) - len(short) < FEWEST:
        raise UsageError(
            f"{who}: {len(longest) - len(short)} of {len(longest)} recordings have "
            f"options.task.window={window} rows of one kind without a break (the longest stretch "
            f"has {max(longest.values(), default=0)}), at least {FEWEST} are needed, one for each "
            "part; choose a smaller window or give longer recordings."
        )
    return kept, dict.fromkeys(short, f"no stretch of {window} rows")


def split(stretches: Sequence[Stretch], who: str) -> Mapping[Part, list[Stretch]]:
    """Deal recordings to the parts, 3 : 1 : 1, each with every class; the same on every machine.

    Raises:
        UsageError: There is one class alone, or one that too few recordings have.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    for stretch in stretches:
        kinds[stretch.recording].add(stretch.label)
    every = set[str]().union(*kinds.values())
    if every == {next(iter(every))} != {""}:
        raise UsageError(
            f'{who}: every window is of class "{next(iter(every))}"; at least two classes are '
            "needed to tell apart."
        )
    for salt in range(_TRIES):
        dealt = _dealt(kinds, salt)
        had = {part: set[str]().union(*(kinds[n] for n in dealt[part])) for part in PARTS}
        if all(had[part] == every for part in PARTS):
            return {part: [s for s in stretches if s.recording in dealt[part]] for part in PARTS}
    counts = {label: sum(label in found for found in kinds.values()) for label in every}
    rarest = min(sorted(counts), key=counts.__getitem__)
    raise UsageError(
        f'{who}: class "{rarest}" is in {counts[rarest]} of {len(kinds)} recordings, too few for '
        "every part to have every class; give more recordings of it, or leave it out."
    )


def _dealt(kinds: Mapping[str, set[str]], salt: int) -> dict[Part, set[str]]:
    """Recordings of each part, in an order that depends on their names alone."""

    def rank(name: str) -> tuple[list[str], str]:
        return sorted(kinds[name]), hashlib.sha256(f"{salt}/{name}".encode()).hexdigest()

    parts: dict[Part, set[str]] = {part: set() for part in PARTS}
    for place, name in enumerate(sorted(kinds, key=rank)):
        parts[TURNS[place % len(TURNS)]].add(name)
    return parts
