"""How many architectures at a time suit a budget, and the check of options that say so."""

from __future__ import annotations

import math

from monas_core.values.budget import Budget

_UNKNOWN = 20
"""Survivors where the budget does not say how many evaluations there will be."""
_SMALLEST, _LARGEST = 10, 200
_GENERATIONS = 8


def survivors(budget: Budget) -> int:
    """A population for a budget: the square root of its evaluations, within limits."""
    if budget.unit != "evaluations":
        return _UNKNOWN
    return min(max(round(math.sqrt(budget.amount)), _SMALLEST), _LARGEST)


def children(budget: Budget) -> int:
    """Evaluations per step: few, so that what is learnt from one guides the next."""
    return max(1, survivors(budget) // _GENERATIONS)


def as_asked(initial: int, batch: int, budget: Budget) -> tuple[int, int]:
    """Options of a start and of a step, 0 standing for what suits the budget."""
    return initial or survivors(budget), batch or children(budget)
