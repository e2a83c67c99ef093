"""Options of the task on a person's own files; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError


@attrs.frozen
class ParallelOptions:
    """How a person's own files are read.

    Attributes:
        vocabulary: Subwords to learn for both languages together.
        length: Tokens of the longest sentence; longer pairs are left out and counted.
    """

    vocabulary: int = 4000
    length: int = 64

    def __attrs_post_init__(self) -> None:
        for name, least in (("vocabulary", 64), ("length", 4)):
            if getattr(self, name) < least:
                raise UsageError(
                    f"options.task.{name} must be at least {least}, got {getattr(self, name)}."
                )
