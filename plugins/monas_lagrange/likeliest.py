"""The likeliest architectures of mixtures among those that meet what is asked."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from monas_core.learning.samplers import sample_one_hot
from monas_core.values import population
from monas_core.values.relaxation import Relaxation

Misses = Callable[[Tensor], Tensor]
"""How far architectures ``(T, n, C)`` miss what is asked of each of T, ``(T, n)``."""

_DRAWN = 64
"""Architectures drawn from each mixture to begin with."""
_CLIMBS = 30
"""Most answers that are changed, one at a time."""
_EXACT = 8
"""Of the likeliest, those whose own costs are asked."""


def likeliest(
    mixed: Relaxation, first: Tensor, guessed: Misses, own: Misses, generator: torch.Generator
) -> Tensor:
    """For each of T mixtures the likeliest architecture that meets its limits, ``(T, C)``.

    Draws and ``first`` are the start; then answers are changed one at a time while that makes an
    architecture that meets the limits by ``guessed`` costs likelier. Of the likeliest found those
    are kept that meet them by their ``own`` costs; where none does, that which misses least.

    Args:
        mixed: T mixtures.
        first: What they stand for, ``(T, C)``.
        guessed: By predicted costs: cheap.
        own: By costs as the devices tell them.
        generator: Draws.
    """
    count, choices = len(mixed), mixed.choices
    shares = mixed.weights.repeat_interleave(_DRAWN, 0)
    drawn = Relaxation(choices, sample_one_hot(shares, generator)).to_population()
    rows = torch.cat([first[:, None], drawn.unflatten(0, (count, _DRAWN))], 1)
    found = _best(mixed, rows, guessed, _EXACT)
    for _ in range(_CLIMBS):
        near = [population.neighbours(choices, each[0].tolist()) for each in found]
        most = max(map(len, near))
        padded = [torch.cat([n, n[-1:].expand(most - len(n), -1)]) for n in near]
        after = _best(mixed, torch.cat([found, torch.stack(padded)], 1), guessed, _EXACT)
        if torch.equal(after[:, 0], found[:, 0]):
            break
        found = after
    return _best(mixed, torch.cat([found, first[:, None]], 1), own, 1)[:, 0]


def log_likelihood(mixed: Relaxation, rows: Tensor) -> Tensor:
    """Of architectures ``(T, n, C)`` under T mixtures, over their active choices, ``(T, n)``."""
    logs = mixed.weights.double().clamp_min(1e-30).log()  # (T, C, K)
    each = logs[:, None].expand(-1, rows.shape[1], -1, -1).gather(-1, rows[..., None])[..., 0]
    active = population.activity(mixed.choices, rows.flatten(0, 1)).unflatten(0, rows.shape[:2])
    return (each * active).sum(-1)


def _best(mixed: Relaxation, rows: Tensor, misses: Misses, count: int) -> Tensor:
    """The ``count`` that miss least, of those the likeliest, ``(T, count, C)``."""
    order = log_likelihood(mixed, rows).argsort(dim=1, descending=True, stable=True)
    missed = misses(rows).gather(1, order)
    order = order.gather(1, missed.argsort(dim=1, stable=True))[:, :count]
    return rows.gather(1, order[..., None].expand(-1, -1, rows.shape[-1]))
