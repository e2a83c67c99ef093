"""What all searches here share: a ledger, views of it, and answers from it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from monas_blackbox.known import best_portfolio
from monas_blackbox.ledger import Ledger
from monas_blackbox.views import Across, View, views
from monas_core.parts.device import Device
from monas_core.problem.known import best_known
from monas_core.problem.optimizer import Optimizer
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import holding
from monas_core.values.wish import Wish, shared_limits


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

    def _next_view(self) -> View:
        """The views take turns."""
        view = self._views[self._turn % len(self._views)]
        self._turn += 1
        return view
