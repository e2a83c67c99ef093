"""Choosing a set that covers a front: greedy hypervolume by random directions."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.front import non_dominated

REFERENCE = 1.05
"""Where scaled objectives stop counting: a little beyond the worst that is known."""


def directions(count: int, n_objectives: int, generator: torch.Generator) -> Tensor:
    """Unit vectors of the positive orthant, uniform on the sphere, ``(count, M)``."""
    drawn = torch.randn(count, n_objectives, generator=generator).abs().clamp_min(1e-6)
    return drawn / drawn.norm(dim=1, keepdim=True)


def scores(points: Tensor, along: Tensor) -> Tensor:
    """Hypervolume scalarisation ``(D, n)`` of scaled points ``(n, M)`` along ``(D, M)``.

    min_m ((r_m - z_m) / d_m)_+ ^ M: its mean over directions of the largest score in a set
    is proportional to the set's hypervolume (Golovin and Zhang, ICML 2020, lemma 5), which
    makes the gain of one more point a difference of maxima, for any number of objectives.
    """
    room = (REFERENCE - points).clamp_min(0.0)
    reach = (room[None] / along[:, None, :]).amin(-1)
    return reach ** points.shape[1]


def cover(points: Tensor, size: int, along: Tensor) -> Tensor:
    """Indices of at most ``size`` points ``(n, M)`` chosen greedily for hypervolume.

    Fewer where no other point adds any.
    """
    kept = torch.from_numpy(non_dominated(points.clamp_max(REFERENCE).double().numpy()))
    candidates = kept.nonzero()[:, 0]
    table = scores(points[candidates], along)
    best = torch.zeros(len(along))
    chosen: list[int] = []
    while len(chosen) < min(size, len(candidates)):
        gains = (table - best[:, None]).clamp_min(0.0).sum(0)
        index = int(gains.argmax())
        if gains[index] <= 0:
            break
        chosen.append(index)
        best = torch.maximum(best, table[:, index])
    return candidates[chosen]


def layers(points: Tensor, size: int, along: Tensor) -> Tensor:
    """As ``cover``, filled up to ``size`` with covers of what is left, ``(min(size, n),)``.

    Where the predicted front is short, its nearest rivals are a hedge against the prediction.
    """
    left = torch.arange(len(points))
    chosen = left[:0]
    while len(chosen) < size and len(left):
        best = cover(points[left], size - len(chosen), along)
        if len(best) == 0:
            break
        chosen = torch.cat([chosen, left[best]])
        kept = torch.ones(len(left), dtype=torch.bool)
        kept[best] = False
        left = left[kept]
    return chosen
