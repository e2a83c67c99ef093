"""Choosing a set that covers a front: greedy hypervolume by random directions."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.values.front import non_dominated

REFERENCE = 1.05
"""Where scaled objectives stop counting: a little beyond the worst that is known."""
_ROUNDS = 5
"""Of exchanges; two or three are enough, each looks at every member once."""


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
    candidates = _front(points)
    return candidates[_greedy(scores(points[candidates], along), size)]


def _greedy(table: Tensor, size: int) -> list[int]:
    """Columns of scores ``(D, n)``, each the one that adds most to those before it."""
    best = torch.zeros(len(table))
    chosen: list[int] = []
    while len(chosen) < min(size, table.shape[1]):
        gains = (table - best[:, None]).clamp_min(0.0).sum(0)
        index = int(gains.argmax())
        if gains[index] <= 0:
            break
        chosen.append(index)
        best = torch.maximum(best, table[:, index])
    return chosen


def _exchanged(table: Tensor, chosen: list[int]) -> list[int]:
    """As many columns of scores ``(D, n)``, exchanged for others while that adds hypervolume.

    What was best first, when nothing else was chosen, is rarely best in the end.
    """
    members = list(chosen)
    for _ in range(_ROUNDS):
        before = list(members)
        for place, member in enumerate(members):
            others = members[:place] + members[place + 1 :]
            best = table[:, others].amax(1) if others else torch.zeros(len(table))
            gains = (table - best[:, None]).clamp_min(0.0).sum(0)
            index = int(gains.argmax())
            if gains[index] > gains[member]:
                members[place] = index
        if members == before:
            break
    return members


def _front(points: Tensor) -> Tensor:
    """Indices of non-dominated points, in order; all beyond the reference count as there."""
    kept = torch.from_numpy(non_dominated(points.clamp_max(REFERENCE).double().numpy()))
    return kept.nonzero()[:, 0]


def layers(points: Tensor, size: int, along: Tensor) -> Tensor:
    """As ``cover``, then improved or filled up to ``size``, ``(min(size, n),)``.

    Where the front is longer, members are exchanged for better ones. Where it is short,
    covers of what is left follow: its nearest rivals are a hedge against the prediction.
    """
    candidates = _front(points)
    table = scores(points[candidates], along)
    first = _greedy(table, size)
    if len(first) == size:
        return candidates[_exchanged(table, first)]
    chosen, best = candidates[:0], candidates[first]
    left = torch.arange(len(points))
    while len(best):
        chosen = torch.cat([chosen, left[best]])
        kept = torch.ones(len(left), dtype=torch.bool)
        kept[best] = False
        left = left[kept]
        best = cover(points[left], size - len(chosen), along)
    return chosen
