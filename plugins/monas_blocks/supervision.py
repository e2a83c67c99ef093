"""What blocks are shown and what is expected of them: features of a teacher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_core.errors import UsageError
from monas_core.parts.blockwise import Blockwise
from monas_core.parts.context import Context


def blocks_of(context: Context) -> Blockwise:
    """The supernet of a context, which its space has declared to have blocks."""
    return cast("Blockwise", context.require_supernet())


def entering(inputs: Any, features: Sequence[Tensor]) -> list[Any]:
    """What each block is given: the batch, then the teacher's features of the block before."""
    return [inputs, *features[:-1]]


def aligned(found: Tensor, wanted: Tensor, block: str) -> Tensor:
    """Features of a block in the shape of the teacher's, ``(B, C, H, W)`` or ``(B, ..., C)``.

    Maps of another resolution are resized, so that what a low one loses counts; channels that a
    narrow network lacks are zero.

    Raises:
        UsageError: They cannot be compared: the teacher is narrower, or of another kind.
    """
    images = found.dim() == wanted.dim() == 4
    if images and found.shape[2:] != wanted.shape[2:]:
        size = wanted.shape[2:]
        found = F.interpolate(found, size=size, mode="bilinear", align_corners=False)
    channel = 1 if images else -1
    if found.dim() == wanted.dim():
        missing = wanted.shape[channel] - found.shape[channel]
        if missing > 0:
            found = F.pad(found, [0, 0] * (2 if images else 0) + [0, missing])
    if found.shape != wanted.shape:
        raise UsageError(
            f'Block "{block}" gives features {tuple(found.shape)} and the teacher '
            f"{tuple(wanted.shape)}; give a teacher of the same space, or one whose taps have as "
            "many channels."
        )
    return found


@contextmanager
def batch_statistics(network: nn.Module) -> Iterator[None]:
    """Norms take the statistics of the batch, as while blocks were trained; modes are restored."""
    modes = {module: module.training for module in network.modules()}
    network.train()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
