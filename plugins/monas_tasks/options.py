"""Options of the task on a person's own text; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError


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
        for name, least in (("bytes", 10_000), ("memory", 0)):
            if getattr(self, name) < least:
                raise UsageError(
                    f"options.task.{name} must be at least {least}, got {getattr(self, name)}."
                )
