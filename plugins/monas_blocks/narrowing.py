"""Features of a teacher that is wider than the networks which learn from it.

A network of another library has more channels than blocks of the space take and give. Of each
block's end as many directions are kept as the largest network has channels there: those in which
the teacher's features differ most over training samples (principal components). A teacher of the
space itself is passed on as it is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from monas_blocks.supervision import batch_statistics, blocks_of
from monas_core.parts.context import Context
from monas_core.seeding import derived_generator

_SAMPLES = 64


class Narrowed:
    """What a context's teacher gives, no wider than the largest network.

    Args:
        context: With supernet, task and teacher; a batch of its training samples, always the
            same, tells widths and directions.
    """

    def __init__(self, context: Context) -> None:
        self._teacher = context.require_teacher()
        generator = derived_generator(0, "width of the teacher")
        batch = context.require_task().batch("train", _SAMPLES, generator)
        inputs = batch.to(context.torch_device).inputs
        wide = self._teacher.features(inputs)
        self._maps = [
            _directions(features, width)
            for features, width in zip(wide, _widths(context, inputs), strict=True)
        ]

    def features(self, inputs: Any) -> list[Tensor]:
        """Of every block's end, ``(B, C, H, W)`` or ``(B, ..., C)``, without gradients."""
        found = self._teacher.features(inputs)
        return [
            features if map_ is None else _projected(features, *map_)
            for features, map_ in zip(found, self._maps, strict=True)
        ]


def _widths(context: Context, inputs: Any) -> list[int]:
    """Channels of the largest network where each block ends."""
    blocks, found, flowing = blocks_of(context), list[int](), inputs
    largest = context.space.ends().largest
    with batch_statistics(context.require_supernet()):
        for name in blocks.blocks:
            flowing = blocks.run_block(name, flowing, largest)
            found.append(flowing.shape[_channels(flowing)])
    return found


def _channels(features: Tensor) -> int:
    """The dimension that counts channels: of maps the second, else the last."""
    return 1 if features.dim() == 4 else -1


def _directions(features: Tensor, width: int) -> tuple[Tensor, Tensor] | None:
    """Mean ``(C,)`` and directions ``(C, width)``; ``None`` where features are narrow enough."""
    channels = features.shape[_channels(features)]
    if channels <= width:
        return None
    rows = features.movedim(_channels(features), -1).reshape(-1, channels).double()
    mean = rows.mean(0)
    centred = rows - mean
    _, found = torch.linalg.eigh(centred.T @ centred)  # ascending, (C, C)
    found = found[:, -width:].flip(1)
    # an eigenvector has no sign of its own
    leading = found.gather(0, found.abs().argmax(0, keepdim=True)).sign()
    return mean.to(features), (found * leading).to(features)


def _projected(features: Tensor, mean: Tensor, directions: Tensor) -> Tensor:
    place = _channels(features)
    return ((features.movedim(place, -1) - mean) @ directions).movedim(-1, place)
