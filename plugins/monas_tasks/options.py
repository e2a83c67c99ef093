"""Options of the tasks on text; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import within

CONTEXT = 64
"""Tokens a model sees where nobody says otherwise."""
EVALUATED = 48
"""Windows that a network is judged by where nobody says otherwise."""
TESTED = 4
"""Windows of the test part for each of the other parts: it is looked at once, at the end."""
BYTES = "bytes"
LEARNED = "bpe:"
"""Begins the tokenizer that is learned from the text itself; its size follows."""
SMALLEST = 257
"""Tokens of the smallest learned tokenizer: all bytes, and what separates documents."""


@attrs.frozen
class TokenOptions:
    """What a model of a text sees, and what it is judged by.

    Attributes:
        tokenizer: bytes; a tokenizer.json, or a Hugging Face folder with one; or bpe:SIZE, so
            many tokens learned from the training part by byte-pair encoding.
        context: Tokens a model sees.
        evaluated: Windows of so many tokens that the train and search parts are judged by; the
            test part by four times as many.
        cache: Folder where texts cut into tokens are kept between runs; by default that of
            MONAS_CACHE, else ~/.cache/monas.
    """

    tokenizer: str = BYTES
    context: int = CONTEXT
    evaluated: int = EVALUATED
    cache: str = ""

    def __attrs_post_init__(self) -> None:
        within("options.task", 2, context=self.context)
        within("options.task", 1, evaluated=self.evaluated)
        if self.tokenizer.startswith(LEARNED):
            _ = self.learned

    @property
    def learned(self) -> int | None:
        """Size of the tokenizer that is to be learned; ``None`` for one that is there.

        Raises:
            UsageError: It is no number, or too small.
        """
        if not self.tokenizer.startswith(LEARNED):
            return None
        size = self.tokenizer.removeprefix(LEARNED)
        if not size.isdecimal() or int(size) < SMALLEST:
            raise UsageError(
                f"options.task.tokenizer must say how many tokens to learn, at least {SMALLEST} "
                f'(all bytes and a separator), got "{self.tokenizer}"; write bpe:8192, say.'
            )
        return int(size)

    @property
    def over_bytes(self) -> bool:
        """Whether tokens are bytes."""
        return self.tokenizer in ("", BYTES)


@attrs.frozen
class TextOptions(TokenOptions):
    """How a text is read.

    Attributes:
        column: Where the text of a record is, in files of records (.jsonl, .parquet).
        bytes: Most bytes used; of larger texts a share of every file is.
        memory: Most bytes held in memory; a larger text is mapped from its files.
    """

    column: str = "text"
    bytes: int = 1_000_000_000
    memory: int = 256_000_000

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        within("options.task", 10_000, bytes=self.bytes)
        within("options.task", 0, memory=self.memory)


@attrs.frozen
class HubOptions(TextOptions):
    """How a data set of the Hugging Face hub is read.

    Attributes:
        column: Where the text of a row is.
        bytes: Most bytes used.
        config: Which configuration of the data set, where it has several.
        streaming: Read each part from its beginning until there are enough bytes, instead of a
            share of all of it: nothing is prepared or written.
    """

    config: str = ""
    streaming: bool = False
