"""Where images come from: three parts that share nothing, drawn at random or shown in full."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor

from monas_core.parts.task import Batch, Part
from monas_core.values.data import DataRecord, Source

PARTS: tuple[Part, ...] = get_args(Part)
CHUNK = 500
"""Images per forward pass when a part is shown in full; bounds memory only."""

Augment = Callable[[Tensor, torch.Generator], Tensor]
"""From images ``(B, C, H, W)`` to as many changed ones, with randomness from the generator."""


class Images(ABC):
    """Labelled images in three parts.

    Attributes:
        shape: Channels, height and width of what a network is shown.
        classes: Names of the classes; a target is a place in this list.
        ahead: As ``Task.ahead``.
    """

    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    ahead: ClassVar[bool] = False

    @abstractmethod
    def count(self, part: Part) -> int:
        """Number of images that can be drawn."""

    @abstractmethod
    def evaluated(self, part: Part) -> int:
        """Number of images that ``fixed`` shows."""

    @abstractmethod
    def draw(self, part: Part, places: Tensor, generator: torch.Generator) -> Batch:
        """The images at places ``(B,)`` below ``count``; those of ``train`` are augmented."""

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """``size`` images of a part, drawn with repetition; those of ``train`` are augmented."""
        places = torch.randint(self.count(part), (size,), generator=generator)
        return self.draw(part, places, generator)

    @abstractmethod
    def fixed(self, part: Part) -> Iterator[Batch]:
        """What a network is judged by: the same images in the same form every time."""

    @abstractmethod
    def shown(self) -> Mapping[str, Any]:
        """How a picture is prepared: ``mean``, ``deviation``, ``margin`` and ``ground``.

        As ``use_images`` reads them.
        """

    def notes(self) -> Mapping[str, Any]:
        """Further plain facts for ``monas info``."""
        return {}


class StoredImages(Images):
    """Images that fit in memory, normalised with the mean and deviation of the train part.

    Args:
        classes: Names of the classes.
        drawn: Images ``(n, C, H, W)`` uint8 (0 to 255) or float (0 to 1), and labels ``(n,)``,
            of each part.
        judged: The same for evaluation; float images may differ from the drawn ones in number.
        augment: Applied to drawn images of the train part, values from 0 to 1.
    """

    def __init__(
        self,
        classes: tuple[str, ...],
        drawn: Mapping[Part, tuple[Tensor, Tensor]],
        judged: Mapping[Part, tuple[Tensor, Tensor]],
        *,
        augment: Augment,
    ) -> None:
        self.classes = classes
        channels, height, width = drawn["train"][0].shape[1:]
        self.shape = (channels, height, width)
        self._drawn = dict(drawn)
        self._judged = dict(judged)
        self._augment = augment
        seen = _unit(drawn["train"][0])
        self._mean = seen.mean((0, 2, 3))[:, None, None]
        self._deviation = seen.std((0, 2, 3))[:, None, None].clamp_min(1e-3)

    def count(self, part: Part) -> int:
        """Number of images of a part."""
        return len(self._drawn[part][1])

    def evaluated(self, part: Part) -> int:
        """Number of images a network is judged by."""
        return len(self._judged[part][1])

    def draw(self, part: Part, places: Tensor, generator: torch.Generator) -> Batch:
        """The images at these places."""
        images, labels = self._drawn[part]
        chosen = _unit(images[places])
        if part == "train":
            chosen = self._augment(chosen, generator)
        return Batch(self._normal(chosen), labels[places])

    def fixed(self, part: Part) -> Iterator[Batch]:
        """All images for evaluation, in chunks."""
        for images, labels in zip(*(x.split(CHUNK) for x in self._judged[part]), strict=True):
            yield Batch(self._normal(_unit(images)), labels)

    def record(self, source: Source) -> DataRecord:
        """What a run is to remember of these images, wherever they come from."""
        counts = {
            part: torch.bincount(labels, minlength=len(self.classes)).tolist()
            for part, (_, labels) in self._drawn.items()
        }
        classes = {
            kind: {part: counts[part][label] for part in PARTS}
            for label, kind in enumerate(self.classes)
        }
        parts = {part: self.count(part) for part in PARTS}
        return DataRecord(sources=(source,), parts=parts, unit="images", classes=classes)

    def shown(self) -> Mapping[str, Any]:
        """The whole picture, normalised as the train part."""
        mean, deviation = (x.flatten().tolist() for x in (self._mean, self._deviation))
        return {"mean": mean, "deviation": deviation, "margin": 0.0, "ground": "auto"}

    def _normal(self, images: Tensor) -> Tensor:
        return (images - self._mean) / self._deviation


def _unit(images: Tensor) -> Tensor:
    """Values from 0 to 1, float32."""
    return images.float() / 255 if images.dtype == torch.uint8 else images
