"""Images that are read from files the moment they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Part
from monas_vision.decoding import MARGIN, Crop, decode
from monas_vision.images import Images
from monas_vision.listing import Listing, Photo
from monas_vision.options import FolderOptions

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the channels of ImageNet's images, as published networks expect them normalised."""
_CHUNK = 128
"""Images per forward pass when a part is shown in full; bounds memory only."""


class FolderImages(Images):
    """The files of a listing. Those that turn out to be damaged are left out, up to a limit.

    A drawn image that cannot be read is replaced by the next of its part that can, so a batch
    depends on the files alone and not on what was read before.

    Args:
        files: What to show.
        options: Size and number of images, threads.
        name: How the task is written, for messages.
    """

    def __init__(self, files: Listing, options: FolderOptions, name: str) -> None:
        self.classes = files.classes
        self.shape = (3, options.size, options.size)
        self._parts = files.parts
        self._options = options
        self._name = name
        self._unreadable: dict[str, None] = {}
        self._broken = len(files.broken)
        total = self._broken + sum(len(photos) for photos in files.parts.values())
        self._most = options.most_broken(total)
        self._pool = ThreadPoolExecutor(options.workers, thread_name_prefix="images")
        self._mean = torch.tensor(MEAN)[:, None, None]
        self._deviation = torch.tensor(DEVIATION)[:, None, None]

    def count(self, part: Part) -> int:
        """Number of files of a part."""
        return len(self._parts[part])

    def evaluated(self, part: Part) -> int:
        """Number of files shown in full."""
        return len(self._shown(part))

    def shown(self) -> Mapping[str, Any]:
        """The middle of a picture, normalised as published networks expect it."""
        ground = self._options.ground
        return {"mean": MEAN, "deviation": DEVIATION, "margin": MARGIN, "ground": ground}

    def notes(self) -> Mapping[str, Any]:
        """How many files cannot be read."""
        return {"unreadable files left out": self._broken + len(self._unreadable)}

    def draw(self, part: Part, places: Tensor, generator: torch.Generator) -> Batch:
        """The images at these places; random pieces of those of ``train``."""
        photos = self._parts[part]
        crops = Crop.draw(len(places), generator) if part == "train" else [None] * len(places)
        found: list[tuple[Tensor, int]] = []
        chosen = [photos[place] for place in places.tolist()]
        for number, pixels in enumerate(self._pool.map(self._decode, chosen, crops)):
            place, photo = int(places[number]), chosen[number]
            while pixels is None:
                self._leave_out(photo, part)
                place = (place + 1) % len(photos)
                photo = photos[place]
                pixels = self._decode(photo, crops[number])
            found.append((pixels, photo.label))
        return self._batch(found)

    def fixed(self, part: Part) -> Iterator[Batch]:
        """The centres of the first images of a part (their order is a random one)."""
        photos = self._shown(part)
        for begin in range(0, len(photos), _CHUNK):
            chunk = photos[begin : begin + _CHUNK]
            found: list[tuple[Tensor, int]] = []
            nothing: list[Crop | None] = [None] * len(chunk)
            for photo, pixels in zip(
                chunk, self._pool.map(self._decode, chunk, nothing), strict=True
            ):
                if pixels is None:
                    self._leave_out(photo, part)
                else:
                    found.append((pixels, photo.label))
            if found:
                yield self._batch(found)

    def _shown(self, part: Part) -> list[Photo]:
        return self._parts[part][: self._options.evaluated]

    def _decode(self, photo: Photo, crop: Crop | None) -> Tensor | None:
        options = self._options
        return decode(
            photo.path, options.size, crop, ground=options.ground, megapixels=options.megapixels
        )

    def _leave_out(self, photo: Photo, part: Part) -> None:
        """Count a file that cannot be read. Raises UsageError when there are too many."""
        self._unreadable[photo.path] = None
        bad = self._broken + len(self._unreadable)
        none_left = all(other.path in self._unreadable for other in self._parts[part])
        if bad > self._most or none_left:
            few = ", ".join(f'"{path}"' for path in list(self._unreadable)[:3])
            raise UsageError(
                f"{self._name}: {bad} image files cannot be read"
                + (f" (none of the {part} part can)" if none_left else f" (limit {self._most})")
                + f", such as {few}; repair or remove them, or raise options.task.broken."
            )

    def _batch(self, found: list[tuple[Tensor, int]]) -> Batch:
        pixels = torch.stack([image for image, _ in found]).float() / 255  # (B, 3, H, W)
        labels = torch.tensor([label for _, label in found])
        return Batch((pixels - self._mean) / self._deviation, labels)
