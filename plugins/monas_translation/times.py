"""Dates and times of CLDR in every pattern that both languages have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, cast, get_args

import torch
from babel.core import Locale
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    format_timedelta,
)

from monas_translation.draws import chosen, integers, moments
from monas_translation.names import ENGLISH, GERMAN
from monas_translation.pairs import Pair

_PER_PATTERN = 30
"""Moments per month of the year."""
_WIDTHS = ("full", "long", "medium", "short")
_LEFT_OUT = frozenset("vzVOGBh")
"""Letters of patterns with a time zone or an era, which the moments here have not, and with
twelve hours or periods of the day, which German does not use or Babel cannot write."""
_DISTANCES = ("directed", "long", "short")
Gap = Literal["minute", "hour", "day", "week", "month", "year"]
_GAPS: tuple[Gap, ...] = get_args(Gap)
_SECONDS = {
    "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600
}  # fmt: skip


class Pattern(NamedTuple):
    """A way to write a moment, a span or a distance of time, in one month of the year."""

    kind: str
    name: str
    month: int


def patterns() -> list[Pattern]:
    """Widths and skeletons of dates, times, intervals; distances from now."""
    skeletons = set(ENGLISH.datetime_skeletons) & set(GERMAN.datetime_skeletons)
    intervals = set(ENGLISH.interval_formats) & set(GERMAN.interval_formats) - {None}
    found = [("date", width) for width in _WIDTHS]
    found += [("time", width) for width in ("medium", "short")]
    found += [("skeleton", name) for name in sorted(skeletons) if not _LEFT_OUT & set(name)]
    found += [("interval", name) for name in sorted(intervals) if not _LEFT_OUT & set(name)]
    found += [(f"distance {form}", gap) for form in _DISTANCES for gap in _GAPS]
    return [Pattern(kind, name, month) for kind, name in found for month in range(1, 13)]


def pattern_pairs(found: Sequence[Pattern], generator: torch.Generator) -> Iterator[Pair]:
    """Every pattern with moments and distances drawn for it."""
    for kind, name, month in found:
        begins = moments(month, _PER_PATTERN, generator)
        gaps = integers(1, 90, _PER_PATTERN, generator)
        scales = chosen((3600, 86400, 30 * 86400), _PER_PATTERN, generator)
        for begin, gap, scale in zip(begins, gaps, scales, strict=True):
            end = begin + timedelta(seconds=gap * scale)
            yield Pair(
                _written(kind, name, begin, end, gap, ENGLISH),
                _written(kind, name, begin, end, gap, GERMAN),
            )


def _written(kind: str, name: str, begin: datetime, end: datetime, gap: int, locale: Locale) -> str:
    """A moment, a span or a distance in one language."""
    if kind == "date":
        return format_date(begin, name, locale=locale)
    if kind == "time":
        return format_time(begin.time(), name, locale=locale)
    if kind == "skeleton":
        return format_skeleton(name, begin, locale=locale, fuzzy=False)
    if kind == "interval":
        return format_interval(begin, end, name, locale=locale, fuzzy=False)
    signed = timedelta(seconds=gap * _SECONDS[name] * (1 if gap % 2 else -1))
    directed = kind.endswith("directed")
    width = "short" if kind.endswith("short") else "long"
    return format_timedelta(
        signed,
        cast("Gap", name),
        threshold=1e9,
        add_direction=directed,
        format=width,
        locale=locale,
    )
