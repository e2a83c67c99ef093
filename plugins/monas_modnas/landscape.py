"""All objectives of a problem as differentiable, comparable numbers on any device."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from monas_core.learning.predictors import CostPredictor, QualityPredictor
from monas_core.parts.description import Description
from monas_core.parts.device import Device
from monas_core.problem.problem import Problem
from monas_core.values.relaxation import Relaxation
from monas_modnas.costs import features_of, split_objectives
from monas_modnas.prices import Prices


@attrs.frozen(eq=False)
class Targets:
    """Some devices as the landscape sees them.

    Attributes:
        embedding: ``(T, E)``.
        low: Lowest predicted log cost over the sample, anchored, ``(T, H)``.
        width: Range of the same, ``(T, H)``.
        floor, ceiling: Least and greatest normalised objectives that limits allow, ``(T, M)``.
    """

    embedding: Tensor
    low: Tensor
    width: Tensor
    floor: Tensor | None = None
    ceiling: Tensor | None = None

    def rows(self, index: Tensor) -> Targets:
        """One row per entry of ``index``."""
        floor = None if self.floor is None else self.floor[index]
        ceiling = None if self.ceiling is None else self.ceiling[index]
        return Targets(self.embedding[index], self.low[index], self.width[index], floor, ceiling)


class Landscape(nn.Module):
    """Predictors and normalisers: one object that is fitted, frozen and saved.

    Normalised values are about 0 at the best and 1 at the worst known end of
    each objective: quality linearly between the evaluated extremes, costs
    logarithmically between the cheapest and dearest of a fixed sample.

    Args:
        problem: What is searched.
        sample: Architectures that the costs are learnt from, ``(n, C)``.
    """

    def __init__(self, problem: Problem, sample: Tensor) -> None:
        super().__init__()
        self._problem = problem
        self._queried, free = split_objectives(problem.objectives)
        names = [objective.name for objective in problem.objectives]
        order = [names.index(o.name) for o in (*self._queried, *free)]
        self._order = torch.tensor(order).argsort()  # position of each objective in [Q, H]
        self._sample = features_of(problem, sample)
        self.n_free = len(free)
        devices = problem.embed(problem.devices)
        self.cost = CostPredictor(self._sample.shape[1], devices, max(1, self.n_free))
        self.describe = Description(problem.context.space)
        self.quality = QualityPredictor(self.describe, max(1, len(self._queried)))
        self.register_buffer("quality_low", torch.zeros(len(self._queried)))
        self.register_buffer("quality_width", torch.ones(len(self._queried)))
        self.quality_low: Tensor
        self.quality_width: Tensor

    def settle(self, sample: Tensor) -> None:
        """Bring everything derived up to date after a state was loaded."""
        self._sample = features_of(self._problem, sample)
        self.quality.process.settle()
        if len(self.quality.process.inputs):
            self._problem.shelf.kept = self.quality

    def fit_costs(
        self, sample: Tensor, prices: Prices, steps: int, generator: torch.Generator
    ) -> float:
        """Fit the cost predictor to the search devices; last loss."""
        if not self.n_free:
            return 0.0
        found = prices.asked(sample, self._problem.devices)
        features = features_of(self._problem, sample)
        return self.cost.fit(features, found, steps, generator)

    def fit_quality(self, rows: Tensor, targets: Tensor, steps: int) -> float:
        """Fit the quality predictor to a population ``(n, C)`` and its values ``(n, Q)``."""
        targets = targets.float()
        self.quality_low.copy_(targets.amin(0))
        self.quality_width.copy_((targets.amax(0) - targets.amin(0)).clamp_min(1e-6))
        loss = self.quality.fit(self.describe.rows(rows), targets, steps)
        self._problem.shelf.kept = self.quality
        return loss

    def targets(self, devices: Sequence[Device]) -> Targets:
        """Embeddings and predicted cost ranges of any devices."""
        embedding = self._problem.embed(devices)
        ranges = []
        for row in embedding:
            with torch.no_grad():
                logs = self.cost(self._sample, row.expand(len(self._sample), -1))
            ranges.append(torch.stack([logs.amin(0), logs.amax(0)]))
        low, high = torch.stack(ranges, dim=1)  # (T, H) each
        return Targets(embedding, low, (high - low).clamp_min(1e-6))

    def costs(self, features: Tensor, targets: Targets) -> Tensor:
        """Normalised costs ``(n, H)`` of features ``(n, F)`` on one target each."""
        return (self.cost(features, targets.embedding) - targets.low) / targets.width

    def assemble(self, quality: Tensor, costs: Tensor) -> Tensor:
        """Objectives ``(n, M)`` in the problem's order from queried and free ones."""
        parts = ([quality] if self._queried else []) + ([costs] if self.n_free else [])
        return torch.cat(parts, dim=-1)[..., self._order]

    def values(self, relaxation: Relaxation, targets: Targets) -> Tensor:
        """Predicted normalised objectives ``(n, M)``, differentiable in the weights."""
        costs = self.costs(relaxation.features(), targets)
        if not self._queried:
            return costs[..., self._order]
        quality = self.quality(self.describe(relaxation))
        return self.assemble((quality - self.quality_low) / self.quality_width, costs)
