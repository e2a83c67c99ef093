"""Improving answers under the predictors: one changed choice at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core import population
from monas_core.problem import Problem
from monas_modnas.landscape import Landscape, Targets, smooth_chebyshev
from monas_modnas.predictors import features_of

_ROUNDS = 12


def judge(
    landscape: Landscape,
    problem: Problem,
    rows: Tensor,
    targets: Targets,
    preferences: Tensor,
    temperature: float,
    optimism: float = 0.0,
) -> Tensor:
    """Scalarised prediction ``(n,)`` of each row for its own preference and target."""
    with torch.no_grad():
        values = landscape.values(features_of(problem, rows), targets, optimism)
        return smooth_chebyshev(values, preferences, temperature)


def improve(
    landscape: Landscape,
    problem: Problem,
    rows: Tensor,
    targets: Targets,
    preferences: Tensor,
    temperature: float,
    optimism: float = 0.0,
) -> Tensor:
    """Steepest descent over single-choice neighbours, all rows at once.

    Args:
        rows: Starting architectures, ``(n, C)``.
        targets: One per row.
        preferences: One per row, ``(n, M)``.
        temperature: Of the scalarisation.
        optimism: How far to trust in unexplored architectures, in standard deviations.

    Returns:
        ``(n, C)``; no row is judged worse than it was.
    """
    rows = rows.clone()
    best = judge(landscape, problem, rows, targets, preferences, temperature, optimism)
    moving = torch.arange(len(rows))
    for _ in range(_ROUNDS):
        near = [population.neighbours(problem.choices, row) for row in rows[moving].tolist()]
        owner = torch.repeat_interleave(moving, torch.tensor([len(n) for n in near]))
        stacked = torch.cat(near)
        found = judge(
            landscape,
            problem,
            stacked,
            targets.rows(owner),
            preferences[owner],
            temperature,
            optimism,
        )
        moved = []
        for start in moving.tolist():
            own = (owner == start).nonzero()[:, 0]
            pick = own[found[own].argmin()]
            if found[pick] < best[start] - 1e-6:
                rows[start], best[start] = stacked[pick], found[pick]
                moved.append(start)
        if not moved:
            break
        moving = torch.tensor(moved)
    return rows
