"""Options of the task on a person's own files; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within


@attrs.frozen
class ParallelOptions:
    """How a person's own files are read.

    Attributes:
        vocabulary: Most subwords to learn, for both languages together.
        length: Tokens of the longest sentence; longer pairs are left out and counted.
    """

    vocabulary: int = 4000
    length: int = 64

    def __attrs_post_init__(self) -> None:
        within("options.task", 64, vocabulary=self.vocabulary)
        within("options.task", 4, length=self.length)
