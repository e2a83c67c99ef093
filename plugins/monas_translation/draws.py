"""Random draws for texts that are made up of parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import torch

Item = TypeVar("Item")
_EPOCH = datetime(1950, 1, 1)
_DAYS = 36_525
"""A century."""


def integers(low: int, high: int, count: int, generator: torch.Generator) -> list[int]:
    """Whole numbers from ``low`` up to and without ``high``."""
    return torch.randint(low, high, (count,), generator=generator).tolist()


def chosen(items: Sequence[Item], count: int, generator: torch.Generator) -> list[Item]:
    """Some of the items, each draw from all of them; none of none."""
    return [items[place] for place in integers(0, len(items), count, generator)] if items else []


def moments(count: int, generator: torch.Generator) -> list[datetime]:
    """Seconds of a century."""
    days = integers(0, _DAYS, count, generator)
    seconds = integers(0, 24 * 3600, count, generator)
    return [_EPOCH + timedelta(days=d, seconds=s) for d, s in zip(days, seconds, strict=True)]


def amounts(count: int, generator: torch.Generator) -> list[float]:
    """Numbers as people write them: one in four is 1, whole, with decimals, or large."""
    large = integers(1000, 1_000_000, count, generator)
    small = integers(2, 1000, count, generator)
    kinds = integers(0, 8, count, generator)
    return [
        1 if kind == 0 else b if kind < 4 else b / 10 if kind < 6 else a
        for kind, a, b in zip(kinds, large, small, strict=True)
    ]
