"""Options of the tasks on files; imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import positive, within

SMALLEST = 8
"""Height and width in pixels below which nothing is left to recognise."""
LARGEST = 224
"""What published networks are shown, and as much as is taken where nobody asks for more."""
MULTIPLE = 8
"""Three halvings leave no odd pixel."""
LAYOUTS = ("auto", "classes")
GROUNDS = ("auto", "white", "black", "grey")


@attrs.frozen
class FolderOptions:
    """How images of a folder are read and shown.

    Attributes:
        size: Height and width a network sees, in pixels; 0 takes the median of the pictures'
            shorter sides, rounded up to a multiple of 8, 224 at most.
        evaluated: Images of each part that a network is judged by, at most.
        workers: Threads that read and decode images.
        layout: auto finds out what is a class and what a part; classes takes every folder for
            a class.
        ground: Under transparent places: white, black, grey, or auto, white or black by contrast.
        broken: Files that may be left out as unreadable; -1 is one in twenty, at least 10.
        checked: Folders of up to so many images are decoded in full before training; of larger
            ones beginning and end of each file are read.
        megapixels: Largest picture that is decoded, in millions of pixels.
    """

    size: int = 0
    evaluated: int = 5000
    workers: int = 8
    layout: str = "auto"
    ground: str = "auto"
    broken: int = -1
    checked: int = 4000
    megapixels: float = 256.0

    def __attrs_post_init__(self) -> None:
        if self.size:
            within("options.task", SMALLEST, size=self.size)
        within("options.task", 1, evaluated=self.evaluated, workers=self.workers)
        within("options.task", -1, broken=self.broken)
        within("options.task", 0, checked=self.checked)
        positive("options.task", megapixels=self.megapixels)
        for name, known in (("layout", LAYOUTS), ("ground", GROUNDS)):
            if getattr(self, name) not in known:
                raise UsageError(
                    f"options.task.{name} must be one of {', '.join(known)}, got "
                    f'"{getattr(self, name)}".'
                )

    def shown(self, sides: Sequence[int]) -> int:
        """Height and width that pictures with these shorter sides are shown at."""
        if self.size:
            return self.size
        wanted = -(-median_low(sides) // MULTIPLE) * MULTIPLE if sides else LARGEST
        return min(LARGEST, max(SMALLEST, wanted))

    def most_broken(self, total: int) -> int:
        """Files of ``total`` that may be left out."""
        return self.broken if self.broken >= 0 else max(10, total // 20)
