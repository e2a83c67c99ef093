"""What a mixture of architectures costs, differentiably: exact where it can be, else predicted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from monas_core.learning.perceptron import fit, perceptron
from monas_core.learning.predictors import Standard
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.relaxation import Relaxation

_HIDDEN = 64
_STEPS = 400
_HELD_OUT = 5
"""One architecture in so many is kept out of the fit, to tell how good it is."""
_RIDGE = 1e-6


class ExpectedCost(nn.Module):
    """An objective of relaxed architectures on some devices, in its own unit.

    Where the objective is differentiable it is asked (``Objective.relaxed``). Otherwise a model is
    fitted on one-hot answers: least squares, and a perceptron for what is left where that lowers
    the error on architectures held out. Costs that add up over active choices are met to
    rounding, and so are their expectations, since activity is a product of probabilities.

    Deviation: LightNAS (arXiv 2208.14446) has the perceptron alone.

    Args:
        objective: Any that is not relative to a population.
        devices: D.
        context: Of the run.

    Attributes:
        exact: Whether the objective answers itself; all else is predicted.
        error: Mean relative error on held-out architectures by device, ``(D,)``; 0 where exact.
    """

    def __init__(self, objective: Objective, devices: Sequence[Device], context: Context) -> None:
        super().__init__()
        self.objective, self.devices, self.context = objective, tuple(devices), context
        self.exact = objective.differentiable
        choices = context.space.choices
        width, outputs = sum(choices.sizes), len(self.devices)
        self.scale = Standard(outputs)
        self.linear = nn.Linear(width, outputs, dtype=torch.float64)
        self.rest = perceptron(width, _HIDDEN, outputs)
        self.register_buffer("share", torch.zeros(outputs))
        self.register_buffer("error", torch.zeros(outputs))
        self.share: Tensor
        self.error: Tensor
        self.requires_grad_(requires_grad=False)

    def fit(self, rows: Tensor, costs: Tensor, generator: torch.Generator) -> None:
        """Take a population ``(n, C)`` and its costs ``(n, D)``; nothing to do where exact."""
        if self.exact:
            return
        features = self._features(rows)
        self.scale.fit(costs.float())
        targets = (costs - self.scale.mean) / self.scale.deviation
        held = torch.arange(len(rows)) % _HELD_OUT == _HELD_OUT - 1
        fitted = ~held if len(rows) >= 2 * _HELD_OUT else torch.ones_like(held)
        self._solve(features[fitted], targets[fitted])
        left = targets - self.linear(features)
        self.rest.requires_grad_(requires_grad=True)
        fit(self.rest, features[fitted].float(), left[fitted].float(), _STEPS, generator)
        self.rest.requires_grad_(requires_grad=False)
        apart = (left[held] - self.rest(features[held].float())).abs().mean(0)
        self.share.copy_(apart < left[held].abs().mean(0))
        wrong = torch.where(self.share > 0, apart, left[held].abs().mean(0))
        typical = costs.abs().mean(0).clamp_min(1e-12)
        self.error.copy_(wrong * self.scale.deviation / typical)

    def forward(self, relaxation: Relaxation) -> Tensor:
        """Expected costs ``(D, A)``, float64 unless the objective says otherwise."""
        if self.exact:
            return self.objective.relaxed(relaxation, self.devices, self.context)
        features = relaxation.features()
        found = self.linear(features.double()) + self.share * self.rest(features.float())
        return (found * self.scale.deviation + self.scale.mean).T

    def _solve(self, features: Tensor, targets: Tensor) -> None:
        """Least squares with a vanishing ridge: one-hot columns of a choice add up to one."""
        ones = torch.ones(len(features), 1, dtype=torch.float64)
        table = torch.cat([features, ones], 1)
        eye = _RIDGE * torch.eye(table.shape[1], dtype=torch.float64)
        solved = torch.linalg.solve(table.T @ table + eye, table.T @ targets)
        self.linear.weight.copy_(solved[:-1].T)
        self.linear.bias.copy_(solved[-1])

    def _features(self, rows: Tensor) -> Tensor:
        return Relaxation.from_population(self.context.space.choices, rows).features().double()
