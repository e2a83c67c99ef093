"""A ``tokenizer.json`` in the words of GGUF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

NO_TOKENS = {"tokenizer.ggml.model": "no_vocab"}
"""A model that is given numbers of tokens, not text."""
_NORMAL, _CONTROL, _USER, _UNUSED = 1, 3, 4, 5
_SPLITS = {"\\p{N}{1,3}": "llama-bpe", "\\p{N}": "qwen2"}
"""What a pattern that cuts text into words says of numbers, and whose pattern it is."""


def fields(document: Mapping[str, Any] | None, rows: int) -> tuple[dict[str, Any], str]:
    """What a GGUF file says of tokens, and a word on it for a person.

    Args:
        document: Of ``tokenizer.json``; ``None`` where there is none.
        rows: Tokens the network has embeddings for.
    """
    if document is None:
        return dict(NO_TOKENS), "no tokenizer"
    model: Mapping[str, Any] = document.get("model") or {}
    pre = _pre(document.get("pre_tokenizer"))
    merges = [" ".join(m) if isinstance(m, list) else str(m) for m in model.get("merges") or ()]
    if model.get("type") != "BPE" or pre is None or not merges:
        kind = model.get("type")
        return dict(NO_TOKENS), f"left out: {kind} of this kind is not written here"
    tokens, types = [f"[UNUSED{number}]" for number in range(rows)], [_UNUSED] * rows
    for token, number in model["vocab"].items():
        tokens[number], types[number] = token, _NORMAL
    for added in document.get("added_tokens") or ():
        tokens[added["id"]] = added["content"]
        types[added["id"]] = _CONTROL if added.get("special") else _USER
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.add_bos_token": _begins(document),
    }, f"byte-level BPE of {len(tokens)} tokens, words cut as {pre} does"


def _pre(found: Any) -> str | None:
    """Whose way of cutting text into words it is, by llama.cpp's name; ``None`` if unknown."""
    parts = found.get("pretokenizers", [found]) if isinstance(found, Mapping) else []
    if not any(part.get("type") == "ByteLevel" for part in parts):
        return None
    patterns = [
        json.dumps(part.get("pattern"), allow_nan=False)
        for part in parts
        if part.get("type") == "Split"
    ]
    if not patterns:
        (level,) = [part for part in parts if part.get("type") == "ByteLevel"]
        return "gpt-2" if level.get("use_regex", True) and len(parts) == 1 else None
    known = [
        name
        for sign, name in _SPLITS.items()
        if json.dumps(sign, allow_nan=False)[1:-1] in patterns[0]
    ]
    return known[0] if known else None


def _begins(document: Mapping[str, Any]) -> bool:
    """Whether the tokenizer puts a token before every text."""
    processor: Any = document.get("post_processor") or {}
    steps = [processor, *processor.get("processors", ())]
    return any("SpecialToken" in item for step in steps for item in step.get("single", ())[:1])
