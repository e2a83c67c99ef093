"""Random changes of whole batches of images, with randomness from the generator given."""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor
from torch.nn import functional as F


@attrs.frozen
class Distortion:
    """A random affine map of every image, then noise; the background is black.

    Attributes:
        degrees: Largest rotation to either side.
        scale: Largest change of size, as a share: 0.2 is from 0.8 to 1.2 of the size.
        shear: Largest slant, as a share of the height.
        shift: Largest move along either axis, as a share of the width.
        noise: Deviation of the noise added to every pixel, where white is 1.
    """

    degrees: float
    scale: float
    shear: float
    shift: float
    noise: float

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images ``(B, C, H, W)``, 0 to 1, to as many."""

        def either_side(largest: float, columns: int = 1) -> Tensor:
            drawn = torch.rand(len(images), columns, generator=generator)
            return (2 * drawn - 1) * largest

        angle = either_side(math.radians(self.degrees)).squeeze(1)
        size = 1 + either_side(self.scale, 2)  # (B, 2): height and width on their own
        slant = either_side(self.shear).squeeze(1)
        # rows of the map from places in the result to places in the image, (B, 2, 3)
        cos, sin = angle.cos(), angle.sin()
        rows = [
            torch.stack([cos, slant - sin], 1) / size[:, :1],
            torch.stack([sin, cos], 1) / size[:, 1:],
        ]
        move = 2 * either_side(self.shift, 2)  # the grid is 2 wide
        maps = torch.cat([torch.stack(rows, 1), move[:, :, None]], 2)
        grid = F.affine_grid(maps, list(images.shape), align_corners=False)
        moved = F.grid_sample(images, grid, align_corners=False)
        return moved + self.noise * torch.randn(moved.shape, generator=generator)


@attrs.frozen
class CropAndFlip:
    """Move by up to ``margin`` pixels over a black border and mirror every other image."""

    margin: int

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images ``(B, C, H, W)``, 0 to 1, to as many."""
        batch, channels, height, width = images.shape
        padded = F.pad(images, [self.margin] * 4)
        corner = torch.randint(2 * self.margin + 1, (2, batch, 1), generator=generator)
        rows = corner[0] + torch.arange(height)  # (B, H)
        columns = corner[1] + torch.arange(width)  # (B, W)
        flip = torch.rand(batch, 1, generator=generator) < 0.5
        columns = torch.where(flip, columns.flip(1), columns)
        tall = padded.gather(2, rows[:, None, :, None].expand(-1, channels, -1, padded.shape[3]))
        return tall.gather(3, columns[:, None, None, :].expand(-1, channels, height, -1))
