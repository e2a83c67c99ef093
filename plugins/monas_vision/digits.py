"""Scanned digits: real images that come with scikit-learn (UCI, Alpaydin and Kaynak, 1998).

1,797 grey images of 8 x 8 pixels by 13 writers. Any convolutional network names nearly all
of them right, so every image is distorted, in evaluation too: there each is shown in a few
fixed distortions, which sets networks apart and makes the score finer.

The images are doubled in size (bilinear), so that a network can halve them twice and still
have a neighbourhood to look at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.errors import UsageError
from monas_core.parts.task import Part
from monas_core.values.data import Item, Source
from monas_vision.augmentation import Distortion
from monas_vision.classification import ImageClassification
from monas_vision.images import PARTS, StoredImages

SIZE = 16
"""Height and width a network sees, in pixels."""
VIEWS = 4
"""Distortions of each image that are evaluated."""
DISTORTION = Distortion(degrees=60, scale=0.25, shear=0.25, shift=0.1, noise=0.15)
_DEALT: Mapping[Part, int] = {"train": 5, "search": 2, "test": 2}
"""How many of nine neighbours in the order of the split each part gets."""


def load(argument: str | None = None) -> ImageClassification:
    """The task ``digits``.

    Raises:
        UsageError: An argument was given.
    """
    if argument is not None:
        raise UsageError(
            f'Task "digits" takes no argument, got "{argument}"; '
            "for images of your own write imagefolder:PATH."
        )
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    parts = _split(torch.from_numpy(images).float().reshape(-1, 1, 8, 8) / 16, labels.tolist())
    stored = StoredImages(
        tuple("0123456789"),
        parts,
        {part: _views(*parts[part], seed) for seed, part in enumerate(PARTS)},
        augment=DISTORTION,
    )
    facts = {
        "source": "scikit-learn's digits: 1,797 scans of handwritten digits (UCI, 1998)",
        "shown": f"doubled to {SIZE} x {SIZE} pixels, rotated, slanted, scaled, moved, with noise",
        "evaluation": f"{VIEWS} fixed distortions of every image",
        "split": "by image: no image is in two parts",
    }
    pixels = Item(hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(), len(labels))
    source = Source("", "", "file", {"scikit-learn's digits": pixels})
    return ImageClassification("digits", stored, facts=facts, data=stored.record(source))


def _split(images: Tensor, labels: list[int]) -> dict[Part, tuple[Tensor, Tensor]]:
    """Images and labels of each part; dealt in the order of a hash of the pixels."""
    order = sorted(
        range(len(labels)), key=lambda i: hashlib.sha256(images[i].numpy().tobytes()).digest()
    )
    turns: list[Part] = [part for part in PARTS for _ in range(_DEALT[part])]
    places: dict[Part, list[int]] = {part: [] for part in PARTS}
    for rank, place in enumerate(order):
        places[turns[rank % len(turns)]].append(place)
    large = F.interpolate(images, size=(SIZE, SIZE), mode="bilinear")
    targets = torch.tensor(labels)
    return {part: (large[found], targets[found]) for part, found in places.items()}


def _views(images: Tensor, labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """``VIEWS`` fixed distortions of every image."""
    generator = torch.Generator().manual_seed(seed)
    repeated = images.repeat(VIEWS, 1, 1, 1)
    return DISTORTION(repeated, generator), labels.repeat(VIEWS)
