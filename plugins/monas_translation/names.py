"""Names of CLDR, alone and put together: territories, languages, scripts, time zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from babel.core import Locale
from babel.lists import format_list

from monas_translation.draws import chosen
from monas_translation.pairs import Pair

ENGLISH, GERMAN = Locale("en"), Locale("de")
_TABLES = ("territories", "languages", "scripts", "variants")
_TERRITORIES, _LISTS = 5, 4
"""Locales made of each language, and lists made of each name."""
_STYLES = ("standard", "or")


class Name(NamedTuple):
    """What is called what, in both languages; the unit that is never divided between parts."""

    table: str
    code: str
    pair: Pair


def names() -> list[Name]:
    """Territories, languages, scripts and variants with a name in both languages."""
    return [
        Name(table, code, Pair(source[code], target[code]))
        for table in _TABLES
        for source, target in [(getattr(ENGLISH, table), getattr(GERMAN, table))]
        for code in sorted(set(source) & set(target))
    ]


def zones() -> list[str]:
    """Time zones with a name in both languages."""
    return sorted(set(ENGLISH.meta_zones) & set(GERMAN.meta_zones))


def name_pairs(found: Sequence[Name], generator: torch.Generator) -> Iterator[Pair]:
    """The names; languages as spoken in territories ("German (Austria)"); lists of names."""
    tables = {table: [n.pair for n in found if n.table == table] for table in _TABLES}
    for table in tables.values():
        yield from table
    for language in tables["languages"]:
        for territory in chosen(tables["territories"], _TERRITORIES, generator):
            yield Pair(*(f"{a} ({b})" for a, b in zip(language, territory, strict=True)))
    for table in (tables["territories"], tables["languages"], tables["scripts"]):
        for first in table:
            for number in range(_LISTS):
                others = chosen(table, 1 + number % 2, generator)
                (style,) = chosen(_STYLES, 1, generator)
                sources, targets = zip(first, *others, strict=True)
                yield Pair(
                    format_list(sources, style, ENGLISH), format_list(targets, style, GERMAN)
                )


def zone_pairs(found: Sequence[str], generator: torch.Generator) -> Iterator[Pair]:  # noqa: ARG001
    """Names of time zones: generic, in winter and in summer."""
    for zone in found:
        source, target = ENGLISH.meta_zones[zone], GERMAN.meta_zones[zone]
        for season in ("generic", "standard", "daylight"):
            if season in source.get("long", ()) and season in target.get("long", ()):
                yield Pair(source["long"][season], target["long"][season])
