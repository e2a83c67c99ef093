"""Options of the tasks on files; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.errors import UsageError


@attrs.frozen
class FolderOptions:
    """How images of a folder are shown.

    Attributes:
        size: Height and width a network sees, in pixels.
        evaluated: Images of each part that a network is judged by, at most.
        workers: Threads that read and decode images.
    """

    size: int = 224
    evaluated: int = 5000
    workers: int = 8

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            if getattr(self, field.name) < 1:
                raise UsageError(
                    f"options.task.{field.name} must be at least 1, "
                    f"got {getattr(self, field.name)}."
                )
