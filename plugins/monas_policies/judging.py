"""What is learnt from evaluated architectures: their order under a budget, quality, cost."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from monas_core.learning.perceptron import perceptron
from monas_core.learning.predictors import Standard
from monas_core.learning.ranking import pair_accuracy, pairwise_loss, under_budget

_HIDDEN = 128
_PAIRS = 128
_HELD_OUT = 5
"""One architecture in so many is kept out of the fit, to tell how good it is."""


class BudgetJudge(nn.Module):
    """Scores architectures under a budget; predicts quality and cost beside it.

    PFNAG's evaluator (arXiv 2103.00219, section 3.3), for many devices: the score also reads
    the device's embedding. Deviation: it also reads the predicted cost beside the budget, which
    PFNAG's has to work out for itself.

    Args:
        inputs: F, numbers that describe an architecture.
        devices: Embeddings of the search devices, ``(T, E)``.
    """

    def __init__(self, inputs: int, devices: Tensor) -> None:
        super().__init__()
        width = devices.shape[1]
        self.embeddings = devices
        self.device_scale = Standard(width)
        self.device_scale.fit(devices)
        self.quality = perceptron(inputs, _HIDDEN, 1)
        self.cost = perceptron(inputs + width, _HIDDEN, 1)
        self.score = perceptron(inputs + width + 2, _HIDDEN, 1)

    def predicted_quality(self, features: Tensor) -> Tensor:
        """Standardised, minimised, ``(B,)``."""
        return self.quality(features)[:, 0]

    def predicted_cost(self, features: Tensor, device: Tensor) -> Tensor:
        """Anchored, of ``(B, F)`` on devices ``(B, E)``, ``(B,)``."""
        return self.cost(torch.cat([features, self.device_scale(device)], 1))[:, 0]

    def forward(self, features: Tensor, device: Tensor, budget: Tensor) -> Tensor:
        """Scores of ``(B, F)`` on devices ``(B, E)`` under budgets ``(B,)``; high is good."""
        room = (budget - self.predicted_cost(features, device).detach())[:, None]
        known = [features, self.device_scale(device), budget[:, None], room]
        return self.score(torch.cat(known, 1))[:, 0]

    def loss(
        self, features: Tensor, quality: Tensor, costs: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Squared errors of quality and cost, and the order of random pairs under random budgets.

        Args:
            features: ``(n, F)``.
            quality: ``(n,)``, minimised.
            costs: Anchored, ``(n, T)``.
            generator: Draws pairs, devices and budgets.
        """
        pairs, which, budget = self._pairs(costs, generator)
        device = self.embeddings[which]
        first, second = features[pairs[:, 0]], features[pairs[:, 1]]
        own = costs[pairs, which[:, None]]
        better = under_budget(own, quality[pairs], budget)
        order = pairwise_loss(self(first, device, budget), self(second, device, budget), better)
        apart = (self.predicted_quality(first) - quality[pairs[:, 0]]).square().mean()
        paid = (self.predicted_cost(first, device) - own[:, 0]).square().mean()
        return order + apart + paid

    def pair_accuracy(
        self, features: Tensor, quality: Tensor, costs: Tensor, generator: torch.Generator
    ) -> float:
        """Share of pairs of architectures, none of which was fitted, in the right order."""
        pairs, which, budget = self._pairs(costs, generator, 2000)
        device = self.embeddings[which]
        better = under_budget(costs[pairs, which[:, None]], quality[pairs], budget)
        with torch.no_grad():
            scores = [self(features[pairs[:, side]], device, budget) for side in (0, 1)]
        return pair_accuracy(scores[0], scores[1], better)

    @staticmethod
    def _pairs(
        costs: Tensor, generator: torch.Generator, count: int = _PAIRS
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Rows ``(count, 2)``, devices ``(count,)`` and budgets between the device's costs."""
        n, devices = costs.shape
        rows = torch.randint(n, (count, 2), generator=generator)
        which = torch.randint(devices, (count,), generator=generator)
        low, high = costs.min(0).values[which], costs.max(0).values[which]
        return rows, which, low + torch.rand(count, generator=generator) * (high - low)


def parted(count: int) -> tuple[Tensor, Tensor]:
    """Places of what is fitted and of what is held out, ``count`` in all."""
    places = torch.arange(count)
    held = places % _HELD_OUT == _HELD_OUT - 1
    return places[~held], places[held]
