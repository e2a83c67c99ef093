"""Options of the tasks on files; imports no torch."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import within

SMALLEST = 8
"""Height and width in pixels below which nothing is left to recognise."""


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
        within("options.task", SMALLEST, size=self.size)
        within("options.task", 1, evaluated=self.evaluated, workers=self.workers)
