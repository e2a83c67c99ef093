"""What architectures are expected to be worth: learnt from the evaluated ones, never recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from monas_blackbox.ledger import Ledger
from monas_blackbox.views import View
from monas_core.learning.perceptron import fit, perceptron
from monas_core.learning.predictors import QualityPredictor, Standard
from monas_core.parts.description import Description
from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.values import population
from monas_core.values.front import Points
from monas_core.values.relaxation import Relaxation

_HIDDEN = 96
_SAMPLE = 1000
"""Random architectures whose costs are looked up, which is free, to learn costs from."""
_QUALITY_STEPS, _COST_STEPS = 60, 1000
_AT_ONCE = 2000
"""Architectures predicted together; a process needs as many rows as it has data for each."""


class Foresight(nn.Module):
    """Predicts points of views: quality by a Gaussian process, costs by a perceptron.

    Args:
        problem: What is searched.
        views: Whose points are predicted.
        seed: Of the weights it begins with.
    """

    def __init__(self, problem: Problem, views: Sequence[View], seed: int = 0) -> None:
        super().__init__()
        self._problem, self._all = problem, tuple(views)
        self._queried = [i for i, o in enumerate(problem.objectives) if o.query]
        self._free = [i for i, o in enumerate(problem.objectives) if not o.query]
        self._describe = Description(problem.context.space)
        self._shelf = problem.shelf
        self.quality = problem.shelf.lent or QualityPredictor(
            self._describe, max(1, len(self._queried))
        )
        outputs = max(1, len(views) * len(self._free))
        with seeded_construction(seed):
            self.cost = perceptron(sum(problem.choices.sizes), _HIDDEN, outputs)
        self.scale = Standard(outputs)

    def fit(self, ledger: Ledger, generator: torch.Generator) -> None:
        """Learn from everything evaluated, and costs from random architectures besides.

        Nothing is learnt of quality where a predictor of it is lent.
        """
        if self._queried and not self._shelf.lent:
            ask, known = self._problem.evaluator.values, ledger.architectures
            sought = [self._problem.objectives[i] for i in self._queried]
            columns = [[sign(o) * v.value for v in ask(o, known, None)] for o in sought]
            described = self._describe.rows(ledger.rows)
            self.quality.fit(described, torch.tensor(columns).T.float(), _QUALITY_STEPS)
        self._leave()
        if self._free:
            drawn = self._problem.draw(_SAMPLE, generator)
            rows = population.unique_rows(torch.cat([ledger.rows, drawn]))
            targets = self._costs(rows)
            self.scale.fit(targets)
            fit(self.cost, self._features(rows), self.scale(targets), _COST_STEPS, generator)

    def points(self, rows: Tensor, place: int) -> Points:
        """Of a population ``(n, C)`` in one view, ``(n, M)``; costs on a scale that keeps order."""
        return np.concatenate([self._some(part, place) for part in rows.split(_AT_ONCE)])

    def settle(self) -> None:
        """Recompute what follows from a loaded state."""
        self.quality.process.settle()
        self._leave()

    def _leave(self) -> None:
        """Let the run keep the predictor of quality, if it predicts anything."""
        if self._queried and len(self.quality.process.inputs):
            self._shelf.kept = self.quality

    def _some(self, rows: Tensor, place: int) -> Points:
        table = torch.zeros(len(rows), len(self._problem.objectives))
        with torch.no_grad():
            if self._queried:
                table[:, self._queried] = self.quality(self._describe.rows(rows))
            if self._free:
                costs = self.cost(self._features(rows))
                begin = place * len(self._free)
                table[:, self._free] = costs[:, begin : begin + len(self._free)]
        return table.double().numpy()

    def _costs(self, rows: Tensor) -> Tensor:
        """Costs in every view, ``(n, V H)``, their logarithms where none is zero or negative."""
        found = population.decode(self._problem.choices, rows)
        nothing = np.zeros(len(found))
        tables = [view.assembled(found, quality=nothing)[:, self._free] for view in self._all]
        costs = np.concatenate(tables, axis=1)
        positive = (costs > 0).all(axis=0)
        costs[:, positive] = np.log(costs[:, positive])
        return torch.from_numpy(costs).float()

    def _features(self, rows: Tensor) -> Tensor:
        """One-hot answers, zero for choices that are not active, ``(n, F)``."""
        return Relaxation.from_population(self._problem.choices, rows).features().float()
