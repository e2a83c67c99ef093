"""What a batch shall show, drawn before any file is opened, and the batch made from it.

An order holds all randomness of its pictures, so it does not matter which process carries it
out, or when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_vision.dealing import Photo
from monas_vision.decoding import Crop, decode
from monas_vision.options import FolderOptions
from monas_vision.recipes import mixup, randaugment

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the channels of ImageNet's images, as published networks expect them normalised."""
_SEEDS = 2**31
"""Seeds are below it; 0 stands for none."""

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""The built-in ``map``, or that of a pool of threads."""


@attrs.frozen
class Show:
    """One picture.

    Attributes:
        place: In the list of its part.
        crop: The piece to show; ``None`` for its centre.
        seed: Of what is changed besides.
    """

    place: int
    crop: Crop | None = None
    seed: int = 0


@attrs.frozen
class Order:
    """A batch: its pictures, and the seed of their mixing."""

    shows: tuple[Show, ...]
    seed: int = 0


@attrs.frozen
class Made:
    """A batch, and files that could not be read for it."""

    inputs: Tensor
    targets: Tensor
    unreadable: tuple[int, ...] = ()

    def pin_memory(self) -> Made:
        """The same where a GPU can fetch it by itself."""
        return attrs.evolve(
            self, inputs=self.inputs.pin_memory(), targets=self.targets.pin_memory()
        )


def ordered(places: Tensor, options: FolderOptions, generator: torch.Generator) -> Order:
    """An order for the pictures at places ``(B,)``, to train on."""
    size = len(places)
    crops = pieces(size, options, generator)
    seeds = torch.zeros(size, dtype=torch.int64)
    if options.randaugment:
        seeds = torch.randint(1, _SEEDS, (size,), generator=generator)
    mixing = int(torch.randint(1, _SEEDS, (), generator=generator)) if options.mixup else 0
    return Order(tuple(map(Show, places.tolist(), crops, seeds.tolist())), mixing)


def pieces(size: int, options: FolderOptions, generator: torch.Generator) -> Sequence[Crop | None]:
    """What is shown of each picture in training."""
    if options.augment == "none":
        return [None] * size
    drawn = Crop.draw(size, generator, least=options.least)
    return drawn if options.augment == "crop" else [attrs.evolve(c, whole=True) for c in drawn]


class Maker:
    """Carries out orders for one part; may be handed to another process.

    Args:
        photos: Of the part.
        classes: Number of classes.
        options: Size and changes.
    """

    def __init__(self, photos: Sequence[Photo], classes: int, options: FolderOptions) -> None:
        self.photos, self._classes, self._options = photos, classes, options
        self._mean = torch.tensor(MEAN)[:, None, None]
        self._deviation = torch.tensor(DEVIATION)[:, None, None]

    def make(self, order: Order, among: Map = map) -> Made:
        """A batch; a picture that cannot be read is replaced by the next that can.

        So a batch depends on the files alone and not on what was read before.

        Args:
            order: What it shows.
            among: Decodes.
        """
        found, unreadable = list[Tensor](), list[int]()
        labels: list[int] = []
        for show, pixels in zip(order.shows, among(self.pixels, order.shows), strict=True):
            place = show.place
            while pixels is None:
                unreadable.append(place)
                if len(unreadable) > len(self.photos) + len(order.shows):
                    break
                place = (place + 1) % len(self.photos)
                pixels = self.pixels(attrs.evolve(show, place=place))
            if pixels is not None:
                found.append(pixels)
                labels.append(self.photos[place].label)
        targets = torch.tensor(labels)
        if not found:
            return Made(torch.empty(0), targets, tuple(unreadable))
        inputs = self.normal(torch.stack(found))
        if order.seed:
            inputs, targets = mixup(inputs, targets, self._classes, self._options.mixup, order.seed)
        return Made(inputs, targets, tuple(unreadable))

    def pixels(self, show: Show) -> Tensor | None:
        """A picture ``(3, S, S)`` uint8; ``None`` where the file cannot be read."""
        options, path = self._options, self.photos[show.place].path
        shown = decode(
            path, options.size, show.crop, ground=options.ground, megapixels=options.megapixels
        )
        if shown is None or not show.seed:
            return shown
        return randaugment(shown, options.randaugment, show.seed)

    def normal(self, pixels: Tensor) -> Tensor:
        """Pictures ``(B, 3, S, S)`` uint8 as networks are shown them, float32."""
        return (pixels.float() / 255 - self._mean) / self._deviation
