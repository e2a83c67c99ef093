"""What a search knows and believes about one device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from monas_bayes.libraries import (
    GenericMCMultiOutputObjective,
    draw_sobol_normal_samples,
)
from monas_bayes.surrogate import Surrogate
from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem.feasibility import admitted, bounds, total_misses
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.front import non_dominated

Decoder = Callable[[Tensor], list[Architecture]]

_DRAWS = 16
"""Draws from marginal posteriors when thousands of candidates are screened."""
_BEYOND = 0.1
"""How far the reference point lies behind the worst value, as a share of the range."""


class Outlook:
    """All objectives on one device, maximised and scaled to the range of what was evaluated.

    Inputs of the model are features followed by the costs, which are known for every
    architecture: the costs pass by the process unchanged.

    Args:
        problem: Objectives and where their values come from.
        device: Whose costs count.
        surrogate: Conditioned on ``known``.
        decode: Turns rows into architectures.
        known: The evaluated rows ``(n, C)`` and their minimised points ``(n, M)``.
        limits: What must hold there; only who meets it is on a front.
    """

    def __init__(
        self,
        problem: Problem,
        device: Device,
        surrogate: Surrogate,
        decode: Decoder,
        known: tuple[Tensor, Tensor],
        limits: Sequence[Constraint] = (),
    ) -> None:
        self.problem = problem
        self.device = device
        self.surrogate = surrogate
        self._decode = decode
        self._known = known
        self.limits = tuple(limits)
        self._queried = [i for i, o in enumerate(problem.objectives) if o.query]
        self._costs = [i for i, o in enumerate(problem.objectives) if not o.query]
        self._low = known[1].min(dim=0).values
        width = known[1].max(dim=0).values - self._low
        self._width = torch.where(width > 0, width, 1.0)
        self.objective = GenericMCMultiOutputObjective(self._combine)

    @cached_property
    def values(self) -> Tensor:
        """Known maximised points ``(n, M)``, between -1 and 0."""
        return -(self._known[1] - self._low) / self._width

    @cached_property
    def on_front(self) -> Tensor:
        """Indices of the evaluated rows that no other one dominates."""
        values = -self.values.numpy()
        allowed = admitted(
            total_misses(self.problem.objectives, self.limits, self._known[1].numpy())
        )
        return torch.from_numpy(allowed[non_dominated(values[allowed])])

    @property
    def front_rows(self) -> Tensor:
        """The rows of the known front."""
        return self._known[0][self.on_front]

    @property
    def reference(self) -> Tensor:
        """Reference point ``(M,)``, behind the worst that was evaluated.

        Not behind the front: its ends are what a larger search still moves.
        """
        return torch.full((self.values.shape[1],), -1.0 - _BEYOND, dtype=torch.float64)

    def inputs(self, rows: Tensor) -> Tensor:
        """What the model reads, ``(n, d)``: features and scaled costs of rows ``(n, C)``."""
        architectures = self._decode(rows)
        columns = [self.surrogate.features(rows)]
        for index in self._costs:
            objective = self.problem.objectives[index]
            found = self.problem.evaluator.estimates(objective, architectures, self.device)
            numbers = torch.tensor([value.value for value in found], dtype=torch.float64)
            scaled = (sign(objective) * numbers - self._low[index]) / self._width[index]
            columns.append(scaled[:, None])
        return torch.cat(columns, dim=1)

    @cached_property
    def baseline(self) -> Tensor:
        """Inputs ``(k, d)`` of rows that are or could be on the front."""
        inputs = self.inputs(self._known[0])
        believed = self._combine(self.surrogate.marginals(inputs)[0], inputs)
        flags = torch.from_numpy(non_dominated(-believed.numpy()))
        if self.limits:
            known = self._known[1].numpy()
            allowed = admitted(total_misses(self.problem.objectives, self.limits, known))
            mask = torch.zeros(len(flags), dtype=torch.bool)
            mask[torch.from_numpy(allowed)] = True
            flags &= mask
        flags[self.on_front] = True
        return inputs[flags]

    def draws(self, inputs: Tensor) -> Tensor:
        """Maximised points drawn for each input on its own, ``(S, n, M)``."""
        mean, deviation = self.surrogate.marginals(inputs)
        base = draw_sobol_normal_samples(mean.shape[1], _DRAWS, dtype=torch.float64, seed=0)
        samples = mean + deviation * base[:, None, :]
        return self._combine(samples, inputs)

    def chance(self, inputs: Tensor) -> Tensor:
        """Probability that each of ``(n, d)`` meets the limits, ``(n,)``, by draws."""
        inside = torch.ones(_DRAWS, len(inputs), dtype=torch.bool)
        points = self._low - self.draws(inputs) * self._width  # (S, n, M), minimised
        for column, low, high, scale in bounds(self.problem.objectives, self.limits):
            values, slack = points[..., column], 1e-9 * scale
            inside &= (values >= low - slack) & (values <= high + slack)
        return inside.double().mean(0)

    def _combine(self, samples: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: N803 - BoTorch
        """Maximised points ``(..., M)`` of warped qualities ``(..., Q)`` and inputs."""
        assert X is not None
        count = len(self.problem.objectives)
        points = samples.new_empty(*samples.shape[:-1], count)
        quality = self.surrogate.warp.invert(samples)
        low, width = self._low[self._queried], self._width[self._queried]
        points[..., self._queried] = -(quality - low) / width
        if self._costs:
            costs = X[..., X.shape[-1] - len(self._costs) :]
            points[..., self._costs] = -costs.expand(*samples.shape[:-1], len(self._costs))
        return points
