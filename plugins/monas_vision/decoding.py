"""From a file to pixels, through Pillow: decoding, cropping, resizing, mirroring."""

from __future__ import annotations

import math

import attrs
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from monas_vision.options import LEAST_AREA
from monas_vision.pixels import MEGAPIXELS, Unreadable, opened, picture

_RATIO = (3 / 4, 4 / 3)
MARGIN = 256 / 224
"""Shorter side that an image is scaled to before its centre is cut out, in sizes."""


@attrs.frozen
class Crop:
    """A random piece of an image, as Inception was trained on (arXiv 1409.4842, section 6).

    Attributes:
        area: Share of the image's area.
        ratio: Width over height.
        across, down: Place of the piece, 0 (left, top) to 1.
        flip: Whether it is mirrored.
        whole: Whether all of the centre is shown instead, mirrored or not.
    """

    area: float
    ratio: float
    across: float
    down: float
    flip: bool
    whole: bool = False

    @classmethod
    def draw(cls, count: int, generator: torch.Generator, least: float = LEAST_AREA) -> list[Crop]:
        """``count`` random pieces of at least a share of the area."""
        numbers = torch.rand(count, 5, generator=generator).tolist()
        low, high = map(math.log, _RATIO)
        return [
            cls(
                area=least + a * (1.0 - least),
                ratio=math.exp(low + b * (high - low)),
                across=c,
                down=d,
                flip=e < 0.5,
            )
            for a, b, c, d, e in numbers
        ]

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in an image of this size, in pixels."""
        wide = min(width, math.sqrt(self.area * width * height * self.ratio))
        tall = min(height, math.sqrt(self.area * width * height / self.ratio))
        left, top = self.across * (width - wide), self.down * (height - tall)
        return left, top, left + wide, top + tall


def decode(
    path: str,
    size: int,
    crop: Crop | None,
    *,
    ground: str = "auto",
    megapixels: float = MEGAPIXELS,
) -> Tensor | None:
    """Pixels ``(3, size, size)`` uint8; ``None`` when the file is no readable image.

    Without a crop the centre of the image is shown.

    Args:
        path: Of the file.
        size: Height and width wanted.
        crop: The piece to show.
        ground: What lies under transparent places (``pixels.GROUNDS``).
        megapixels: Of the largest picture that is decoded.
    """
    try:
        with opened(path, megapixels) as found:
            found.draft("RGB", (2 * size, 2 * size))  # JPEG decodes to fewer pixels for free
            image = picture(found, ground)
    except Unreadable:
        return None
    box = _centre(*image.size) if crop is None or crop.whole else crop.box(*image.size)
    image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    if crop is not None and crop.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _centre(width: int, height: int) -> tuple[float, float, float, float]:
    """The square in the middle that is left when the margin is cut off."""
    side = min(width, height) / MARGIN
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side
