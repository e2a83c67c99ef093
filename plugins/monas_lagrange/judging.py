"""What gates are judged by: predicted quality, fitted to what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from monas_core.learning.predictors import QualityPredictor, Standard
from monas_core.parts.description import Description
from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_core.seeding import seeded_construction
from monas_core.values import population
from monas_core.values.relaxation import Relaxation

_FITTING = 80
"""Steps of the hyperparameters in each fit."""


class Judge:
    """Loss of relaxed architectures.

    Args:
        problem: Of the search.
        seed: Of fresh networks.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.queried = [objective for objective in problem.objectives if objective.query]
        self.description = Description(problem.context.space)
        outputs = max(1, len(self.queried))
        with seeded_construction(seed):
            self.quality = QualityPredictor(self.description, outputs)
        self.scale = Standard(outputs)
        self.quality.requires_grad_(requires_grad=False)

    def fit_quality(self, rows: Tensor) -> None:
        """Take evaluated architectures ``(n, C)``."""
        if not self.queried:
            return
        known = population.decode(self.problem.choices, rows)
        evaluator = self.problem.evaluator
        columns = [
            [sign(objective) * value.value for value in evaluator.values(objective, known, None)]
            for objective in self.queried
        ]
        targets = torch.tensor(columns).T
        self.scale.fit(targets)
        self.quality.requires_grad_(requires_grad=True)
        self.quality.fit(self.description.rows(rows), targets, _FITTING)
        self.quality.requires_grad_(requires_grad=False)

    def loss(self, relaxation: Relaxation) -> Tensor:
        """The mean of the predicted queried objectives, standardised and minimised, ``(A,)``.

        Zero where nothing is queried.
        """
        if not self.queried:
            return 0.0 * relaxation.weights.sum((1, 2))
        return self.scale(self.quality(self.description(relaxation).float())).mean(1)

    def state_dict(self) -> dict[str, Any]:
        """All that was fitted."""
        return {
            "quality": dict(self.quality.state_dict()),
            "scale": dict(self.scale.state_dict()),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self.quality.load_state_dict(state["quality"])
        self.quality.process.settle()
        self.scale.load_state_dict(state["scale"])
