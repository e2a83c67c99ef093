"""Which architectures are evaluated before anything is learnt."""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core import population
from monas_core.choices import ChoiceSet
from monas_core.problem import Problem


def initial_design(
    problem: Problem, count: int, steepest: float, generator: torch.Generator
) -> Tensor:
    """The two ends of the space and what lies between them, ``(<= count, C)``, distinct.

    Only rows that can be evaluated.
    """
    # twice as many: some cannot be evaluated, some come twice
    drawn = tilted(problem.choices, 2 * count, steepest, generator)
    rows = population.unique_rows(torch.cat([population.corners(problem.choices), drawn]))
    return rows[problem.available(rows)][:count]


def tilted(choices: ChoiceSet, count: int, steepest: float, generator: torch.Generator) -> Tensor:
    """Rows ``(count, C)``, each drawn with a leaning of its own to one end of every ordered choice.

    Drawn uniformly, architectures of many choices are all of middling size, since large
    and small answers cancel, while a front runs from the smallest to the largest. With a tilt t
    uniform in [-steepest, steepest], option k = 0 .. K-1 has probability proportional to
    exp(t k / (K - 1)). Unordered choices are drawn uniformly.
    """
    tilt = (2.0 * torch.rand(count, 1, generator=generator) - 1.0) * steepest
    columns: list[Tensor] = []
    for choice in choices.choices:
        rank = torch.linspace(0.0, 1.0, len(choice.options)) * choice.ordered
        shares = torch.softmax(tilt * rank, dim=1)
        columns.append(torch.multinomial(shares, 1, generator=generator)[:, 0])
    return population.canonical(choices, torch.stack(columns, dim=1))
