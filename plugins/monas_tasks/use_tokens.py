"""Shipped with language models over tokens: continues a text, and says how well it expected it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], folder: Path
) -> list[dict[str, Any]]:
    """The most probable continuation of each text.

    Args:
        model: From tokens ``(1, T)`` int64, T up to ``context``, to logits ``(1, T, V)``.
        given: Texts.
        usage: ``context``, and ``new``: tokens to add.
        folder: Holds ``tokenizer.json``.

    Returns:
        ``answer``: text and continuation; ``continuation``; ``bits per byte`` of the text.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return [_continued(model, text, usage, tokenizer) for text in given]


def _continued(
    model: Callable[[Any], Any], text: str, usage: Mapping[str, Any], tokenizer: Any
) -> dict[str, Any]:
    begun: list[int] = tokenizer.encode(text or "\n", add_special_tokens=False).ids or [0]
    known = list(begun)
    for _ in range(usage["new"]):
        window = np.array([known[-usage["context"] :]], dtype=np.int64)
        known.append(int(np.asarray(model(window))[0, -1].argmax()))
    added = tokenizer.decode(known)[len(tokenizer.decode(begun)) :]
    answer: dict[str, Any] = {"answer": text + added, "continuation": added}
    if len(begun) > 1:
        shown = begun[-usage["context"] - 1 :]
        size = len(tokenizer.decode(shown[1:]).encode()) or 1
        answer["bits per byte"] = _bits(model, shown) / size
    return answer


def _bits(model: Callable[[Any], Any], tokens: Sequence[int]) -> float:
    """Information of all tokens but the first, given those before."""
    logits = np.asarray(model(np.array([tokens[:-1]], dtype=np.int64)))[0].astype(np.float64)
    top = logits.max(-1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
    return float(-log_p[np.arange(len(tokens) - 1), tokens[1:]].sum() / math.log(2))
