"""Shipped with translation models: a sentence in one language becomes one in the other.

Tokens are looked up in ``vocabulary.json`` (a list of characters) or by ``tokenizer.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PAD, BEGIN, END, UNKNOWN = range(4)


def predict(
    model: Callable[[Any], Any], given: Sequence[str], usage: Mapping[str, Any], folder: Path
) -> list[dict[str, Any]]:
    """A translation of each sentence, by beam search.

    Args:
        model: From ``{"source": (K, S), "target": (K, T)}`` int64, the target begun with
            BEGIN, to logits ``(K, T, V)`` of the next tokens.
        given: Sentences.
        usage: ``length`` (most tokens of a sentence), ``beams`` and ``length_penalty``.
        folder: Holds the vocabulary.

    Returns:
        ``answer``: the translation; ``log-probability``; ``unknown``: tokens of the sentence that
        the vocabulary lacks.

    Raises:
        ValueError: A sentence is longer than the model can read.
    """
    encode, decode = _codec(folder)
    answers: list[dict[str, Any]] = []
    for sentence in given:
        tokens = [*encode(sentence), END]
        if len(tokens) > usage["length"]:
            raise ValueError(
                f"a sentence has {len(tokens)} tokens, the model reads up to {usage['length']}; "
                "split it"
            )
        found, score = _search(model, tokens, usage)
        answers.append(
            {
                "answer": decode(found),
                "log-probability": score,
                "unknown": tokens.count(UNKNOWN),
            }
        )
    return answers


def _codec(folder: Path) -> tuple[Callable[[str], list[int]], Callable[[list[int]], str]]:
    """Functions from a text to tokens and back."""
    path = folder / "vocabulary.json"
    if path.exists():
        letters = json.loads(path.read_text(encoding="utf-8"))
        ids = {letter: number for number, letter in enumerate(letters)}
        return (
            lambda text: [ids.get(letter, UNKNOWN) for letter in text],
            lambda tokens: "".join(letters[token] for token in tokens if token > UNKNOWN),
        )
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return lambda text: tokenizer.encode(text).ids, tokenizer.decode


def _search(
    model: Callable[[Any], Any], source: list[int], usage: Mapping[str, Any]
) -> tuple[list[int], float]:
    """Tokens without BEGIN and END, and their log-probability over the length's power.

    The most probable continuations of the K best beginnings are followed until K have ended
    (Wu et al., arXiv 1609.08144, in fairseq's form).
    """
    beams, power = usage["beams"], usage["length_penalty"]
    begun, scores = [[BEGIN]], np.zeros(1)
    ended: list[tuple[float, list[int]]] = []
    for length in range(1, usage["length"] + 1):
        log_p = _ahead(model, source, begun)  # (k, V)
        total = scores[:, None] + log_p
        best = np.argsort(-total, axis=None, kind="stable")[: 2 * beams]
        onward: list[tuple[float, list[int]]] = []
        for rank, place in enumerate(best.tolist()):
            row, token = divmod(place, log_p.shape[1])
            score = float(total[row, token])
            if token != END:
                onward.append((score, [*begun[row], token]))
            elif rank < beams:
                ended.append((score / length**power, begun[row][1:]))
        if len(ended) >= beams:
            break
        begun = [tokens for _, tokens in onward[:beams]]
        scores = np.array([score for score, _ in onward[:beams]])
    if not ended:  # none came to an end: the best is taken as it is
        return begun[0][1:], float(scores[0])
    score, tokens = max(ended, key=lambda item: item[0])
    return tokens, score


def _ahead(
    model: Callable[[Any], Any], source: list[int], begun: list[list[int]]
) -> np.ndarray[Any, Any]:
    """Log-probabilities of each beginning's next token, ``(k, V)``."""
    inputs = {
        "source": np.array([source] * len(begun), dtype=np.int64),
        "target": np.array(begun, dtype=np.int64),
    }
    logits = np.asarray(model(inputs))[:, -1].astype(np.float64)
    logits[:, [PAD, BEGIN, UNKNOWN]] = -np.inf
    top = logits.max(-1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
