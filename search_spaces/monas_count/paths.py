"""From weights over resolutions to the path that is most probable as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_JUMP = 20.0
"""Log-probability that a jump over a resolution costs."""
_LEAST = 1e-30
"""Weight that stands for none. One layer between others can mend two jumps, and must be
dearer to change than both, so that a path that is given comes back as it is."""


def best_path(weights: Tensor, scales: Sequence[int]) -> Tensor:
    """Place of the scale of every layer, ``(A, L)`` int64.

    The best options of layers one by one may lie two resolutions apart, where a mixture of
    neighbours has trained no connection. This is the path of the largest probability among those
    that change by one resolution at a time (Viterbi, as Auto-DeepLab decodes, arXiv 1901.02985).

    Args:
        weights: Of the scales of every layer, ``(A, L, S)``, rows of sum 1.
        scales: In the order of options.
    """
    levels = torch.tensor([scale.bit_length() for scale in scales])
    apart = (levels[:, None] - levels[None]).abs() > 1  # (S, S), from and to
    cost = _JUMP * apart.double()
    known = weights.detach().double().clamp_min(_LEAST).log()
    score = known[:, 0]  # (A, S); the stem may be brought to any resolution
    back: list[Tensor] = []
    for layer in range(1, known.shape[1]):
        reached = score[:, :, None] - cost  # (A, from, to)
        best, source = reached.max(1)
        back.append(source)
        score = best + known[:, layer]
    place = score.argmax(1)
    path = [place]
    for source in reversed(back):
        place = source.gather(1, place[:, None])[:, 0]
        path.append(place)
    return torch.stack(path[::-1], 1)
