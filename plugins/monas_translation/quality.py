"""BLEU and chrF through sacrebleu, with the signatures that make them comparable.

Post, "A Call for Clarity in Reporting BLEU Scores" (WMT 2018, arXiv 1804.08771).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any


@cache
def _metrics() -> Mapping[str, Any]:
    from sacrebleu.metrics.bleu import BLEU  # takes a moment to import
    from sacrebleu.metrics.chrf import CHRF

    return {"BLEU": BLEU(), "chrF": CHRF()}


def score_texts(written: Sequence[str], references: Sequence[str]) -> Mapping[str, float]:
    """Corpus BLEU and chrF2, both from 0 to 100."""
    return {
        name: float(metric.corpus_score(written, [references]).score)
        for name, metric in _metrics().items()
    }


def signatures() -> Mapping[str, str]:
    """How each score is computed, in sacrebleu's own words."""
    score_texts(["one"], ["one"])  # a signature knows the number of references after use only
    return {name: str(metric.get_signature()) for name, metric in _metrics().items()}
