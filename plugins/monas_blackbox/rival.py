"""What all searches here share: a ledger, views of it, and answers from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from monas_blackbox.known import best_portfolio
from monas_blackbox.ledger import Ledger
from monas_blackbox.views import Across, View, views
from monas_core.parts.device import Device
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import holding
from monas_core.values.wish import Wish, shared_limits

_SPARE = 16
"""Random architectures looked at for each that is wanted, where limits have to be met."""


class Rival(Optimizer):
    """Answers with evaluated architectures alone; how they are found is a subclass's.

    Args:
        across: How several devices are searched.
    """

    def __init__(self, across: Across) -> None:
        self._across: Across = across

    def start(self, problem: Problem, generator: torch.Generator) -> None:
        """Take the problem."""
        self._problem = problem
        self._generator = generator
        self._ledger = Ledger(problem)
        self._views = views(problem, self._across)
        self._turn = 0

    def propose(self, device: Device, wishes: Sequence[Wish]) -> list[Architecture]:
        """The best known architecture for each wish."""
        return best_known(self._problem, self._ledger.architectures, device, wishes)

    def portfolio(self, device: Device, size: int, wishes: Sequence[Wish]) -> list[Architecture]:
        """The evaluated architectures with the largest hypervolume together."""
        limits = holding(shared_limits(wishes), device.name)
        return best_portfolio(self._problem, self._ledger.architectures, device, size, limits)

    def _inside_first(self, rows: Tensor, views: Sequence[View]) -> tuple[Tensor, int]:
        """Rows ``(n, C)`` by what they miss of free limits, and how many miss nothing.

        In the view where they miss least; rows that miss the same stay in order.
        """
        if not any(view.limits for view in views):
            return rows, len(rows)
        architectures = population.decode(self._problem.choices, rows)
        least = np.min([view.free_misses(architectures) for view in views], axis=0)
        order = torch.from_numpy(np.argsort(least, kind="stable"))
        return rows[order], int((least == 0.0).sum())

    def _drawn(self, count: int, views: Sequence[View]) -> Tensor:
        """Up to ``count`` fresh random rows, of many those that miss least of free limits."""
        if not any(view.limits for view in views):
            return self._ledger.draw(count, self._generator)
        drawn = self._ledger.draw(_SPARE * count, self._generator)
        return self._inside_first(drawn, views)[0][:count]

    def _next_view(self) -> View:
        """The views take turns."""
        view = self._views[self._turn % len(self._views)]
        self._turn += 1
        return view
