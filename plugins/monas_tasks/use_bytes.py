"""Shipped with language models over bytes: continues a text, and says how well it expected it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], _folder: Path
) -> list[dict[str, Any]]:
    """The most probable continuation of each text.

    Args:
        model: From bytes ``(1, T)`` int64, T up to ``context``, to logits ``(1, T, 256)``.
        given: Texts.
        usage: ``context``, and ``new``: bytes to add.
        _folder: Not needed.

    Returns:
        ``answer``: text and continuation; ``continuation``; ``bits per byte`` of the text.
    """
    return [_continued(model, text, usage) for text in given]


def _continued(model: Callable[[Any], Any], text: str, usage: Mapping[str, Any]) -> dict[str, Any]:
    begun = list(text.encode("utf-8")) or [10]  # a model needs something to go on from
    known = list(begun)
    for _ in range(usage["new"]):
        window = np.array([known[-usage["context"] :]], dtype=np.int64)
        known.append(int(np.asarray(model(window))[0, -1].argmax()))
    added = bytes(known[len(begun) :]).decode("utf-8", "replace")
    answer: dict[str, Any] = {"answer": text + added, "continuation": added}
    if len(begun) > 1:
        answer["bits per byte"] = _bits(model, begun[-usage["context"] - 1 :])
    return answer


def _bits(model: Callable[[Any], Any], text: Sequence[int]) -> float:
    """Mean information of each byte but the first, given those before."""
    logits = np.asarray(model(np.array([text[:-1]], dtype=np.int64)))[0].astype(np.float64)
    top = logits.max(-1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
    return float(-log_p[np.arange(len(text) - 1), text[1:]].mean() / math.log(2))
