"""Options of the task on a person's own text; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class TextOptions:
    """How a text is read.

    Attributes:
        bytes: Most bytes used; of larger texts a share of every file is.
        memory: Most bytes held in memory; a larger text is mapped from its files.
    """

    bytes: int = 1_000_000_000
    memory: int = 256_000_000

    def __attrs_post_init__(self) -> None:
        within("options.task", 10_000, bytes=self.bytes)
        within("options.task", 0, memory=self.memory)
