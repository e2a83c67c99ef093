"""Numbers of CLDR with what they count: units, money, shares, long numbers made short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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

from monas_translation.draws import amounts, chosen, integers
from monas_translation.names import ENGLISH, GERMAN
from monas_translation.pairs import Pair

_PER_UNIT, _PER_CURRENCY = 30, 14
_NUMBERS = 1800
_USUAL = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "SEK", "PLN", "INR", "CAD")
"""Currencies for amounts made short, whose pattern matters more than the name."""


def units() -> list[str]:
    """Units of measure that both languages have."""
    return sorted(set(ENGLISH.unit_display_names) & set(GERMAN.unit_display_names))


def currencies() -> list[str]:
    """Currencies of today and of the past."""
    return sorted(set(ENGLISH.currencies) & set(GERMAN.currencies))


def numbers() -> list[int]:
    """The leading digits of plain numbers."""
    return list(range(100, 100 + _NUMBERS))


def unit_pairs(found: Sequence[str], generator: torch.Generator) -> Iterator[Pair]:
    """Names of units, and measures ("3.5 kilometers", "12 km/h")."""
    for unit in found:
        source, target = ENGLISH.unit_display_names[unit], GERMAN.unit_display_names[unit]
        if "long" in source and "long" in target:
            yield Pair(source["long"], target["long"])
        for number, amount in enumerate(amounts(_PER_UNIT, generator)):
            length = "short" if number % 3 == 0 else "long"
            yield Pair(
                format_unit(amount, unit, length, locale=ENGLISH),
                format_unit(amount, unit, length, locale=GERMAN),
            )


def currency_pairs(found: Sequence[str], generator: torch.Generator) -> Iterator[Pair]:
    """Names of currencies, and sums of money with name or symbol."""
    for currency in found:
        yield Pair(ENGLISH.currencies[currency], GERMAN.currencies[currency])
        for number, amount in enumerate(amounts(_PER_CURRENCY, generator)):
            kind = "standard" if number % 4 == 0 else "name"
            yield Pair(
                format_currency(amount, currency, locale=ENGLISH, format_type=kind),
                format_currency(amount, currency, locale=GERMAN, format_type=kind),
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
