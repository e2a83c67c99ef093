"""Random draws for texts that are made up of parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar, get_args

import torch

Item = TypeVar("Item")
Size = Literal["one", "whole", "decimal", "large"]
SIZES: tuple[Size, ...] = get_args(Size)
"""Numbers as people write them, each its own way to inflect what is counted."""


def integers(low: int, high: int, count: int, generator: torch.Generator) -> list[int]:
    """Whole numbers from ``low`` up to and without ``high``."""
    return torch.randint(low, high, (count,), generator=generator).tolist()


def chosen(items: Sequence[Item], count: int, generator: torch.Generator) -> list[Item]:
    """Some of the items, each draw from all of them; none of none."""
    return [items[place] for place in integers(0, len(items), count, generator)] if items else []


def moments(month: int, count: int, generator: torch.Generator) -> list[datetime]:
    """Seconds of one month of the year, in different years."""
    years = integers(1950, 2050, count, generator)
    days = integers(1, 29, count, generator)
    seconds = integers(0, 24 * 3600, count, generator)
    return [
        datetime(year, month, day) + timedelta(seconds=second)
        for year, day, second in zip(years, days, seconds, strict=True)
    ]


def amounts(size: Size, count: int, generator: torch.Generator) -> list[float]:
    """Numbers of a size; there is but one of size one."""
    if size == "one":
        return [1]
    if size == "large":
        return list(map(float, integers(1000, 1_000_000, count, generator)))
    numbers = integers(2, 1000, count, generator)
    return [number / 10 if size == "decimal" else number for number in numbers]
