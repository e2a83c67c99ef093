"""Maps of density: a blob of mass 1 for every point, so that the sum is the count."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def density(points: Tensor, size: tuple[int, int], spread: float) -> Tensor:
    """A map ``(1, H, W)`` whose sum is the number of points.

    A Gaussian is cut off at the border and what is left has mass 1: who stands at the edge
    counts as much as anybody.

    Args:
        points: ``(P, 2)``, x (to the right) and y (down) in pixels of the map.
        size: H and W.
        spread: Standard deviation, in pixels.
    """
    rows = _blobs(points[:, 1], size[0], spread)  # (P, H)
    columns = _blobs(points[:, 0], size[1], spread)  # (P, W)
    return torch.einsum("ph,pw->hw", rows, columns)[None].float()


def _blobs(places: Tensor, length: int, spread: float) -> Tensor:
    """Gaussians along one axis, each of sum 1, ``(P, length)`` float64."""
    centres = torch.arange(length, dtype=torch.float64) + 0.5
    kept = places.double().clamp(0.0, float(length))
    distances = (centres[None] - kept[:, None]) / spread
    # subtracting the smallest keeps a narrow blob between two pixels from vanishing
    exponents = -0.5 * distances.square()
    return torch.softmax(exponents, dim=1)


def maps_of(scenes: Sequence[Tensor], size: tuple[int, int], spread: float) -> Tensor:
    """The maps of several pictures, ``(n, 1, H, W)``."""
    return torch.stack([density(points, size, spread) for points in scenes])
