"""A tokenizer as language models use it: tokens, what separates documents, bytes of each token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.files import parse_json, strict_json

SEPARATOR = "<|endoftext|>"
"""Of tokenizers that are learned here."""
_ENDS = (SEPARATOR, "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "[SEP]")
_CONFIGURATION = "tokenizer_config.json"
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


class Tokens:
    """The tokens of a file ``tokenizer.json``.

    Attributes:
        file: Where they were read.
        size: Numbers of tokens are below it.
        separator: Tokens between two documents: the one that ends a text, where there is one,
            else those of a newline.
        lengths: Bytes of each token, ``(size,)`` float32, where tokens are pieces of bytes; a
            separator counts as the newline it stands for.
        digest: Of the tokenizer.

    Raises:
        UsageError: The file holds no tokenizer.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._tokenizer = _read(file)
        raw = file.read_bytes()
        self._plain = parse_json(raw)
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        count = self._tokenizer.get_vocab_size(with_added_tokens=True)
        self.size = max(count, max(vocabulary.values(), default=-1) + 1)
        self.separator = self._separator(vocabulary)
        self.lengths = self._lengths(vocabulary)
        self.digest = hashlib.sha256(raw).hexdigest()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def files(self, context: int | None = None) -> dict[str, str]:
        """What goes along with a network: the tokenizer, and its configuration.

        Args:
            context: Tokens the network sees, where there is one.
        """
        found = {"tokenizer.json": self.file.read_text(encoding="utf-8")}
        beside = _configuration(self.file)
        if beside:
            beside |= {} if context is None else {"model_max_length": context}
            found[_CONFIGURATION] = strict_json(beside, indent=1) + "\n"
        return found

    def _separator(self, vocabulary: Mapping[str, int]) -> list[int]:
        for token in (_named_end(self.file), *_ENDS):
            if token in vocabulary:
                return [vocabulary[token]]
        return self.encode(["\n"])[0]

    def _lengths(self, vocabulary: Mapping[str, int]) -> Tensor | None:
        decoder = strict_json(self._plain.get("decoder"))
        added = {token["content"] for token in self._plain.get("added_tokens") or ()}
        found = torch.ones(self.size)
        for token, number in vocabulary.items():
            if token in added:
                found[number] = len(token.encode())
            elif '"ByteLevel"' in decoder:
                found[number] = len(token)  # a letter for each byte
            elif '"ByteFallback"' in decoder:
                found[number] = (
                    1 if _BYTE.fullmatch(token) else len(token.replace("▁", " ").encode())
                )
            else:
                return None
        if len(self.separator) == 1:
            found[self.separator[0]] = 1
        return found


def _read(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(
            f'options.task.tokenizer: "{file}" holds no tokenizer ({reason}); give a '
            "tokenizer.json."
        ) from error


def _configuration(file: Path) -> dict[str, Any]:
    """What lies beside a tokenizer; nothing where that is no configuration."""
    try:
        found = parse_json(file.with_name(_CONFIGURATION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _named_end(file: Path) -> Any:
    """The token that ends a text, as the configuration beside a tokenizer names it."""
    named = _configuration(file).get("eos_token")
    named = named.get("content") if isinstance(named, dict) else named
    return named if isinstance(named, str) else None
