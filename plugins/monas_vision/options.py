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
LEAST_AREA = 0.08
"""Share of a picture that a random piece is at least (Inception, arXiv 1409.4842, section 6)."""
LAYOUTS = ("auto", "classes")
AUGMENTS = ("crop", "flip", "none")
GROUNDS = ("auto", "white", "black", "grey")


@attrs.frozen
class FolderOptions:
    """How images of a folder are read and shown.

    Attributes:
        size: Height and width a network sees, in pixels; 0 takes the median of the pictures'
            shorter sides, rounded up to a multiple of 8, 224 at most.
        evaluated: Images of each part that a network is judged by, at most.
        workers: Processes that read and decode images to train on, ahead of the training; 0 for
            none, -1 for as many as there are cores (8 at most) where there are more than 4000
            images. Batches and results are the same with any number.
        augment: What is shown of an image in training: crop, a random piece, mirrored or not;
            flip, its centre, mirrored or not; none, its centre.
        least: Share of an image that a random piece is at least.
        randaugment: Strength of two random changes of each image in training, 1 to 30, 9 as
            published (needs torchvision); 0 for none.
        mixup: Images are mixed in pairs, with a share from Beta(mixup, mixup) (needs
            torchvision); 0 for none.
        smoothing: Share of each target spread over all classes in training.
        validation: File that lists images to judge by, one a line: a path below the folder or its
            train part, or the name of a file; for images outside class folders (ImageNet's val/)
            the class behind it. Without it parts are what folders say.
        memory: Most bytes of decoded images that are kept to judge by; of more none are.
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
    workers: int = -1
    augment: str = "crop"
    least: float = LEAST_AREA
    randaugment: int = 0
    mixup: float = 0.0
    smoothing: float = 0.0
    validation: str = ""
    memory: int = 1_000_000_000
    layout: str = "auto"
    ground: str = "auto"
    broken: int = -1
    checked: int = 4000
    megapixels: float = 256.0

    def __attrs_post_init__(self) -> None:
        if self.size:
            within("options.task", SMALLEST, size=self.size)
        within("options.task", 1, evaluated=self.evaluated)
        within("options.task", -1, broken=self.broken, workers=self.workers)
        within("options.task", 0, checked=self.checked, mixup=self.mixup, memory=self.memory)
        within("options.task", 0, 30, randaugment=self.randaugment)
        within("options.task", 0, 0.9, smoothing=self.smoothing)
        within("options.task", 0.01, 1, least=self.least)
        positive("options.task", megapixels=self.megapixels)
        known_words = (("layout", LAYOUTS), ("ground", GROUNDS), ("augment", AUGMENTS))
        for name, known in known_words:
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
