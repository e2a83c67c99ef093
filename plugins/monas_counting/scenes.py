"""Drawn scenes: bright blobs that grow down the picture, as people do who stand nearer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from monas_core.parts.task import Part
from monas_core.seeding import derived_generator

VERSION = "drawn scenes 1"
"""Raised whenever the same numbers give other scenes."""
SIZE = 32
"""Height and width, in pixels."""
FEWEST, MOST = 2, 27
"""Blobs of a scene."""
JUDGED = 96
"""Scenes a network is judged by, of either part."""
_FAR, _NEAR = 0.7, 2.6
"""Radius at the top and at the bottom, in pixels."""
_NOISE, _SHADE = 0.12, 0.35
"""Deviation of the noise, and depth of the shade across a scene, where a blob has 0.6 to 1."""


@attrs.frozen(eq=False)
class Pictures:
    """Pictures with what is to be counted in them.

    Attributes:
        images: ``(n, C, H, W)`` float32, normalised.
        maps: ``(n, 1, H, W)`` float32.
        counts: ``(n,)`` float64, as annotated.
    """

    images: Tensor
    maps: Tensor
    counts: Tensor

    def __len__(self) -> int:
        return len(self.images)


def drawn(count: int, generator: torch.Generator) -> tuple[Tensor, list[Tensor]]:
    """Scenes ``(count, 1, SIZE, SIZE)``, values about 0 to 1, and the points ``(P, 2)`` of each."""
    images, points = torch.zeros(count, 1, SIZE, SIZE), list[Tensor]()
    lines = torch.arange(SIZE) + 0.5
    for image in images:
        many = int(torch.randint(FEWEST, MOST + 1, (), generator=generator))
        placed = torch.rand(many, 2, generator=generator) * SIZE  # x, y
        bright = 0.6 + 0.4 * torch.rand(many, generator=generator)
        radius = _FAR + (_NEAR - _FAR) * placed[:, 1] / SIZE
        across = (lines[None] - placed[:, :1]) / radius[:, None]  # (P, W)
        down = (lines[None] - placed[:, 1:]) / radius[:, None]  # (P, H)
        blobs = torch.exp(-0.5 * (down[:, :, None].square() + across[:, None].square()))
        tilt = _SHADE * torch.rand((), generator=generator)
        shade = tilt * (lines / SIZE)[None]
        seen = (bright[:, None, None] * blobs).amax(0)
        noise = _NOISE * torch.randn(SIZE, SIZE, generator=generator)
        image[0] = torch.maximum(seen, shade) + noise
        points.append(placed)
    return images, points


def parts(train: int) -> Mapping[Part, tuple[Tensor, list[Tensor]]]:
    """The scenes of each part; the same on every machine and in every run."""
    sizes: Mapping[Part, int] = {"train": train, "search": JUDGED, "test": JUDGED}
    return {part: drawn(size, derived_generator(7, "scenes", part)) for part, size in sizes.items()}
