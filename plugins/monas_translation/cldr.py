"""English to German from Unicode's Common Locale Data Repository, as Babel carries it.

Names, units, dates and number formats there are real translations, made and
voted on by people (https://cldr.unicode.org). ``names``, ``figures`` and
``times`` take them from it; this module splits them. Names are split by name, so what is
tested was never seen. What is composed is split by combination: a unit with decimals, a
currency with large sums, a pattern of dates in March is tested where only the parts of
it were seen, otherwise composed. CLDR's rules to spell numbers out are not in Babel, so
numbers in words are rounded ones ("48.8 million").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import babel
import torch

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.seeding import derived_generator
from monas_core.values.data import Item, Source
from monas_translation import figures, names, times
from monas_translation.codec import Characters
from monas_translation.pairs import PARTS, Pair, deal, distinct
from monas_translation.task import Translation

LENGTH = 32
"""Tokens (characters and the end) of the longest sentence; nine of ten pairs fit."""

_KINDS: tuple[
    tuple[
        Callable[[], Sequence[Any]],
        Callable[[Sequence[Any], torch.Generator], Iterator[Pair]],
    ],
    ...,
] = (
    (names.names, names.name_pairs),
    (names.zones, names.zone_pairs),
    (figures.units, figures.unit_pairs),
    (figures.currencies, figures.currency_pairs),
    (figures.numbers, figures.number_pairs),
    (times.patterns, times.pattern_pairs),
)
"""What is dealt to the parts, and the pairs made of what one part got."""


def load(argument: str | None = None) -> Translation:
    """The task ``cldr``.

    Raises:
        UsageError: An argument was given.
    """
    if argument is not None:
        raise UsageError(
            f'Task "cldr" takes no argument, got "{argument}"; '
            "for texts of your own write parallel:SOURCE,TARGET."
        )
    facts = {
        "source": "Unicode CLDR: names, dates, times, units, money, numbers and lists",
        "babel": babel.__version__,
        "languages": "English to German",
        "split": "by name, by number, and by pattern and word: none is in two parts",
    }
    parts = corpus()
    texts = [text for pair in parts["train"] for text in pair]
    lines = [f"{pair.source}\t{pair.target}".encode() for part in PARTS for pair in parts[part]]
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
    source = Source("", "", "file", {"CLDR of Babel": Item(digest, len(lines))})
    codec = Characters(texts)
    return Translation("cldr", parts, codec, facts=facts, length=LENGTH, sources=[source])


@cache
def corpus() -> Mapping[Part, list[Pair]]:
    """About 40,000 pairs, the same in every process with the same Babel."""
    dealt = [(deal(keys()), pairs) for keys, pairs in _KINDS]
    parts: dict[Part, list[Pair]] = {}
    for part in PARTS:
        generator = derived_generator(0, "cldr", part)
        parts[part] = [
            Pair(_spaced(pair.source), _spaced(pair.target))
            for keys, pairs in dealt
            for pair in pairs(keys[part], generator)
        ]
    return distinct(parts)


def _spaced(text: str) -> str:
    """With plain spaces in place of the narrow and unbreakable ones of typography."""
    return " ".join(text.split())
