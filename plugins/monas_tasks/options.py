"""Options of the task on a person's own text; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within

CONTEXT = 64
"""Tokens a model sees where nobody says otherwise."""


@attrs.frozen
class TokenOptions:
    """What a model of a text sees.

    Attributes:
        tokenizer: A tokenizer.json, or a Hugging Face folder with one; without it tokens are
            bytes.
        context: Tokens a model sees.
    """

    tokenizer: str = ""
    context: int = CONTEXT

    def __attrs_post_init__(self) -> None:
        within("options.task", 2, context=self.context)


@attrs.frozen
class TextOptions(TokenOptions):
    """How a text is read.

    Attributes:
        tokenizer: A tokenizer.json, or a Hugging Face folder with one; without it tokens are
            bytes.
        context: Tokens a model sees.
        bytes: Most bytes used; of larger texts a share of every file is.
        memory: Most bytes held in memory; a larger text is mapped from its files.
    """

    bytes: int = 1_000_000_000
    memory: int = 256_000_000

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        within("options.task", 10_000, bytes=self.bytes)
        within("options.task", 0, memory=self.memory)
