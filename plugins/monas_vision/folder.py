"""Images that are read from files the moment they are shown, or just before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Part
from monas_vision.ahead import Ahead
from monas_vision.decoding import MARGIN
from monas_vision.images import Images
from monas_vision.listing import Listing
from monas_vision.options import FolderOptions
from monas_vision.orders import DEVIATION, MEAN, Made, Maker, Order, Show, ordered

_CHUNK = 128
"""Images per forward pass when a part is shown in full; bounds memory only."""
_MANY = 4_000
"""Pictures from which processes are started unless an option says otherwise."""
_MOST_WORKERS = 8


class FolderImages(Images):
    """The files of a listing. Those that turn out to be damaged are left out, up to a limit.

    Args:
        files: What to show.
        options: Size and number of images, processes, changes.
        name: How the task is written, for messages.
    """

    ahead: ClassVar[bool] = True

    def __init__(self, files: Listing, options: FolderOptions, name: str) -> None:
        self.classes = files.classes
        self.shape = (3, options.size, options.size)
        self._parts = files.parts
        self._makers = {
            part: Maker(photos, len(files.classes), options) for part, photos in files.parts.items()
        }
        self._options = options
        self._name = name
        self._unreadable: dict[str, None] = {}
        self._broken = len(files.broken)
        self._total = self._broken + sum(len(photos) for photos in files.parts.values())
        self._most = options.most_broken(self._total)
        self._pool = ThreadPoolExecutor(_MOST_WORKERS, thread_name_prefix="images")
        self._kept: dict[Part, tuple[Tensor, Tensor]] = {}

    def count(self, part: Part) -> int:
        """Number of files of a part."""
        return len(self._parts[part])

    def evaluated(self, part: Part) -> int:
        """Number of files shown in full."""
        return min(self._options.evaluated, self.count(part))

    def shown(self) -> Mapping[str, Any]:
        """The middle of a picture, normalised as published networks expect it."""
        ground = self._options.ground
        return {"mean": MEAN, "deviation": DEVIATION, "margin": MARGIN, "ground": ground}

    def notes(self) -> Mapping[str, Any]:
        """How many files cannot be read, and who reads."""
        return {
            "unreadable files left out": self._broken + len(self._unreadable),
            "read by": f"{self.workers} processes" if self.workers else "this process",
        }

    @property
    def workers(self) -> int:
        """Processes that prepare batches to train on."""
        if self._options.workers >= 0:
            return self._options.workers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        return min(_MOST_WORKERS, cores) if self._total > _MANY and cores > 1 else 0

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """Random images of a part; random pieces of those of ``train``, mixed if asked for."""
        if part == "train":
            return self._batch(part, self._ahead.next(size, generator))
        places = torch.randint(self.count(part), (size,), generator=generator)
        return self.draw(part, places, generator)

    def draw(self, part: Part, places: Tensor, generator: torch.Generator) -> Batch:
        """The images at these places; of ``train`` as ``batch``, else their centres."""
        order = Order(tuple(map(Show, places.tolist())))
        if part == "train":
            order = ordered(places, self._options, generator)
        return self._batch(part, self._here(part, order))

    def fixed(self, part: Part) -> Iterator[Batch]:
        """The centres of the first images of a part (their order is a random one).

        Decoded once where they fit into memory.
        """
        count, (_, height, width) = self.evaluated(part), self.shape
        small = 3 * height * width * count <= self._options.memory
        if part not in self._kept and small:
            decoded = list(self._decoded(part, count))
            pixels, labels = (torch.cat(tensors) for tensors in zip(*decoded, strict=True))
            self._kept[part] = (pixels, labels)
        if part in self._kept:
            chunks = zip(*(tensor.split(_CHUNK) for tensor in self._kept[part]), strict=True)
        else:
            chunks = self._decoded(part, count)
        for pixels, labels in chunks:
            yield Batch(self._makers[part].normal(pixels), labels)

    def _decoded(self, part: Part, count: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Pixels uint8 and labels of the first images that can be read."""
        maker = self._makers[part]
        for begin in range(0, count, _CHUNK):
            places = range(begin, min(begin + _CHUNK, count))
            shown = list(self._pool.map(maker.pixels, map(Show, places)))
            bad = [place for place, pixels in zip(places, shown, strict=True) if pixels is None]
            self._leave_out(part, bad)
            found = [p for p in zip(places, shown, strict=True) if p[1] is not None]
            if found:
                labels = torch.tensor([maker.photos[place].label for place, _ in found])
                yield torch.stack([pixels for _, pixels in found if pixels is not None]), labels

    @cached_property
    def _ahead(self) -> Ahead:
        def draw(size: int, generator: torch.Generator) -> Order:
            places = torch.randint(count, (size,), generator=generator)
            return ordered(places, options, generator)

        count, options = self.count("train"), self._options
        maker = self._makers["train"]
        return Ahead(maker, draw, self.workers, lambda order: self._here("train", order))

    def _here(self, part: Part, order: Order) -> Made:
        return self._makers[part].make(order, self._pool.map)

    def _batch(self, part: Part, made: Made) -> Batch:
        self._leave_out(part, made.unreadable)
        return Batch(made.inputs, made.targets)

    def _leave_out(self, part: Part, places: Any) -> None:
        """Count files that cannot be read. Raises UsageError when there are too many."""
        photos = self._parts[part]
        if not places:
            return
        self._unreadable.update(dict.fromkeys(photos[place].path for place in places))
        bad = self._broken + len(self._unreadable)
        none_left = all(other.path in self._unreadable for other in photos)
        if bad > self._most or none_left:
            few = ", ".join(f'"{path}"' for path in list(self._unreadable)[:3])
            raise UsageError(
                f"{self._name}: {bad} image files cannot be read"
                + (f" (none of the {part} part can)" if none_left else f" (limit {self._most})")
                + f", such as {few}; repair or remove them, or raise options.task.broken."
            )
