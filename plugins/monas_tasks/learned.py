"""A tokenizer that is learned from a text by byte-pair encoding over bytes.

Sennrich et al. (ACL 2016, arXiv 1508.07909) over bytes as GPT-2 does it (Radford et al., 2019),
through the library ``tokenizers``. It is learned once and kept in the cache, and each run keeps
its own copy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from monas_core.progress import preparing
from monas_tasks.cache import Cache
from monas_tasks.corpus import Document, digest
from monas_tasks.tokens import SEPARATOR

FILE = "tokenizer.json"
MOST = 100_000_000
"""Bytes of text that are looked at: pairs of bytes are known well long before."""


def learned(documents: Sequence[Document], size: int, cache: Cache) -> Path:
    """The file of a tokenizer of ``size`` tokens, fewer where the text has no more pairs.

    Args:
        documents: Of the training part.
        size: Tokens, all bytes and the separator of documents among them.
        cache: Where it is kept.
    """

    def make(folder: Path) -> dict[str, Any]:
        tokenizer = _learn(documents, size)
        tokenizer.save(str(folder / FILE))
        configuration = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": SEPARATOR,
            "clean_up_tokenization_spaces": False,
        }
        text = json.dumps(configuration, indent=1, allow_nan=False) + "\n"
        (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")
        return {"tokens": tokenizer.get_vocab_size()}

    key = digest(documents, "bpe", str(size), str(MOST), tokenizers.__version__)
    folder, _ = cache.entry("tokenizers", key, make)
    return folder / FILE


def _learn(documents: Sequence[Document], size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[SEPARATOR],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    total = sum(len(document.text) for document in documents)
    done = preparing("learning a tokenizer", total)  # the library asks from a thread of its own
    tokenizer.train_from_iterator(_shown(documents, total, done), trainer)
    return tokenizer


def _shown(
    documents: Sequence[Document], total: int, done: Callable[[float], None]
) -> Iterator[str]:
    """Documents, each cut short by the same share where there is too much text."""
    share, seen = min(1.0, MOST / max(1, total)), 0
    for document in documents:
        size = len(document.text)
        yield bytes(document.text[: max(1, int(share * size))]).decode("utf-8", "ignore")
        seen += size
        done(seen)
