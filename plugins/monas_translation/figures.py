"""Numbers of CLDR with what they count: units, money, shares, long numbers made short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple, cast

import torch
from babel.core import Locale
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)
from babel.units import format_unit

from monas_translation.draws import SIZES, Size, amounts, chosen, integers
from monas_translation.names import ENGLISH, GERMAN
from monas_translation.pairs import Pair

_PER_MEASURE, _PER_SUM = 6, 4
"""Amounts of each size, per unit and per currency."""
_NUMBERS = 900
_USUAL = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "SEK", "PLN", "INR", "CAD")
"""Currencies for amounts made short, whose pattern matters more than the name."""


class Counted(NamedTuple):
    """What is counted, in amounts of which size, written how."""

    what: str
    size: Size
    form: str


def units() -> list[Counted]:
    """Units of measure that both languages have, in all sizes and two widths."""
    found = sorted(set(ENGLISH.unit_display_names) & set(GERMAN.unit_display_names))
    return [Counted(*item) for item in product(found, SIZES, ("long", "short"))]


def currencies() -> list[Counted]:
    """Currencies of today and of the past, in all sizes, by name and by symbol."""
    found = sorted(set(ENGLISH.currencies) & set(GERMAN.currencies))
    return [Counted(*item) for item in product(found, SIZES, ("name", "standard"))]


def numbers() -> list[int]:
    """The leading digits of plain numbers."""
    return list(range(100, 100 + _NUMBERS))


def unit_pairs(found: Sequence[Counted], generator: torch.Generator) -> Iterator[Pair]:
    """Measures ("3.5 kilometers", "12 km/h")."""
    for unit, size, form in found:
        for amount in amounts(size, _PER_MEASURE, generator):
            yield Pair(
                format_unit(amount, unit, cast("Any", form), locale=ENGLISH),
                format_unit(amount, unit, cast("Any", form), locale=GERMAN),
            )


def currency_pairs(found: Sequence[Counted], generator: torch.Generator) -> Iterator[Pair]:
    """Names of currencies, and sums of money with name or symbol."""
    for currency, size, form in found:
        if (size, form) == ("one", "name"):
            yield Pair(ENGLISH.currencies[currency], GERMAN.currencies[currency])
        for amount in amounts(size, _PER_SUM if form == "name" else 1, generator):
            yield Pair(
                format_currency(amount, currency, locale=ENGLISH, format_type=cast("Any", form)),
                format_currency(amount, currency, locale=GERMAN, format_type=cast("Any", form)),
            )


def number_pairs(found: Sequence[int], generator: torch.Generator) -> Iterator[Pair]:
    """Decimals, shares, and large numbers and sums in words."""
    zeros = integers(1, 10, len(found), generator)
    for digits, power, currency in zip(
        found, zeros, chosen(_USUAL, len(found), generator), strict=True
    ):
        large, small = digits * 10**power, digits / 10 ** (power % 4)
        for source, target in zip(
            _written(large, small, currency, ENGLISH),
            _written(large, small, currency, GERMAN),
            strict=True,
        ):
            yield Pair(source, target)


def _written(large: int, small: float, currency: str, locale: Locale) -> list[str]:
    """Two numbers in the ways a language has."""
    return [
        format_decimal(small, locale=locale),
        format_decimal(large, locale=locale),
        format_percent(small / 100, format=None if small >= 10 else "#,##0.0%", locale=locale),
        format_compact_decimal(large, format_type="long", locale=locale, fraction_digits=1),
        format_compact_decimal(1000 * large, format_type="short", locale=locale),
        format_compact_currency(1000 * large, currency, locale=locale, fraction_digits=1),
    ]
