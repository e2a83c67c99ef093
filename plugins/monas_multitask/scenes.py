"""Drawn pictures of two channels, and two tasks of which it is known who needs whom.

Channel 0 is a smooth field, channel 1 the height of a surface, independent of each other. Labels
tell, of every pixel, the sign of the field and that of the height: who looks at the field alone
gets half of them right. Normals are those of the surface: the field tells nothing of them. So
features must flow from the normals' network to that of the labels and never back.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from monas_core.parts.heads import Head
from monas_core.parts.task import Part
from monas_core.seeding import derived_generator
from monas_multitask.kinds import Labels, Normals
from monas_multitask.task import Maps

VERSION = "drawn surfaces 1"
"""Raised whenever the same numbers give other pictures."""
SIZE = 16
JUDGED = 64
"""Pictures a network is judged by, of either part."""
KINDS = (Labels(4), Normals())
_CELLS, _SLOPE, _NOISE = 4, 3.0, 0.1


def heads(weight: float) -> tuple[Head, Head]:
    """Each looks at the channel of its own."""
    return Head("seg", 4, (0, 1)), Head("normal", 3, (1, 2), weight)


def maps(train: int) -> Mapping[Part, Maps]:
    """The pictures of each part; the same in every run."""
    sizes: Mapping[Part, int] = {"train": train, "search": JUDGED, "test": JUDGED}
    return {part: _drawn(n, derived_generator(9, "surfaces", part)) for part, n in sizes.items()}


def _drawn(count: int, generator: torch.Generator) -> Maps:
    coarse = torch.randn(count, 2, _CELLS, _CELLS, generator=generator)
    smooth = F.interpolate(coarse, (SIZE, SIZE), mode="bicubic", align_corners=True)
    signs = (smooth > 0).long()
    labels = 2 * signs[:, 0] + signs[:, 1]
    noise = _NOISE * torch.randn(smooth.shape, generator=generator)
    return Maps(smooth + noise, {"seg": labels, "normal": _normals(smooth[:, 1])})


def _normals(height: Tensor) -> Tensor:
    """Of surfaces ``(n, H, W)``, by central differences, ``(n, 3, H, W)``."""
    padded = F.pad(height[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = _SLOPE * (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    down = _SLOPE * (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    return F.normalize(torch.stack([-across, -down, torch.ones_like(across)], 1), dim=1)
