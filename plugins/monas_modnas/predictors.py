"""Differentiable stand-ins for quality and cost, and their scales.

Everything here is state: fitted to evaluated architectures, saved with the
run, and frozen while the hypernetwork learns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from monas_core import population
from monas_core.choices import ChoiceSet
from monas_core.device import Device
from monas_core.errors import UsageError
from monas_core.objective import Objective, sign
from monas_core.problem import Problem
from monas_core.relaxation import Relaxation
from monas_modnas.gaussian_process import GaussianProcess
from monas_modnas.networks import fit, perceptron

_HIDDEN = 96
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
_DEVICE_MIX = 0.5
"""Share of cost training rows on mixtures of two devices."""


class Standard(nn.Module):
    """Mean and deviation per column; a column that never varies has deviation 1."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("deviation", torch.ones(columns))
        self.mean: Tensor
        self.deviation: Tensor

    def fit(self, table: Tensor) -> None:
        """Take the statistics of ``(n, columns)``."""
        self.mean.copy_(table.mean(0))
        spread = table.std(0, correction=0)
        self.deviation.copy_(torch.where(spread > 1e-6, spread, torch.ones_like(spread)))

    def forward(self, table: Tensor) -> Tensor:
        """To zero mean and unit deviation."""
        return (table - self.mean) / self.deviation

    def inverse(self, table: Tensor) -> Tensor:
        """Back to the original scale."""
        return table * self.deviation + self.mean


class QualityPredictor(nn.Module):
    """From architecture features to the queried objectives (minimised), with its doubt."""

    def __init__(self, groups: Tensor, outputs: int) -> None:
        super().__init__()
        self.process = GaussianProcess(groups)
        self.scale = Standard(outputs)

    def fit(self, features: Tensor, targets: Tensor, steps: int) -> float:
        """Fit to ``(n, F)`` and ``(n, Q)``; negative log likelihood per value."""
        self.scale.fit(targets)
        return self.process.fit(features, self.scale(targets), steps)

    def forward(self, features: Tensor, optimism: float = 0.0) -> Tensor:
        """Mean minus ``optimism`` standard deviations, ``(n, Q)``."""
        mean = self.process(features)
        if optimism:
            mean = mean - optimism * self.process.deviation(features)
        return self.scale.inverse(mean)


class CostPredictor(nn.Module):
    """From features and device embedding to the logarithm of every free objective.

    The mean log cost of the reference set is taken out of the target and put
    back from the device itself, so that the magnitude of a new device is never
    guessed.
    """

    def __init__(self, inputs: int, n_device: int, outputs: int) -> None:
        super().__init__()
        self.network = perceptron(inputs + n_device, _HIDDEN, outputs)
        self.scale = Standard(outputs)
        self.device_scale = Standard(n_device)
        self.basis_size = _HIDDEN + 1

    def fit(
        self,
        features: Tensor,
        embeddings: Tensor,
        anchored: Tensor,
        steps: int,
        generator: torch.Generator,
    ) -> float:
        """Fit to ``(n, F)``, ``(T, E)`` and anchored log costs ``(T, n, H)``.

        Half of the rows mix two devices: log costs and default embeddings are
        both linear in the logarithm of a device's costs, so a geometric mean of
        two devices is a device that could exist, and fills the gaps between few.
        """
        count, n = len(embeddings), len(features)
        rows = 40 * n
        which = torch.randint(n, (rows,), generator=generator)
        first = torch.randint(count, (rows,), generator=generator)
        second = torch.randint(count, (rows,), generator=generator)
        share = torch.rand(rows, 1, generator=generator)
        share[torch.rand(rows, generator=generator) > _DEVICE_MIX] = 1.0
        device = share * embeddings[first] + (1 - share) * embeddings[second]
        target = share * anchored[first, which] + (1 - share) * anchored[second, which]
        self.device_scale.fit(embeddings)
        self.scale.fit(target)
        table = torch.cat([features[which], self.device_scale(device)], dim=1)
        return fit(self.network, table, self.scale(target), steps, generator, batch=384)

    def hidden(self, features: Tensor, embedding: Tensor) -> Tensor:
        """Last hidden layer and a constant, ``(n, B)``: the basis of corrections."""
        table = torch.cat([features, self.device_scale(embedding)], dim=-1)
        state = self.network[:-1](table)
        return torch.cat([state, torch.ones_like(state[:, :1])], dim=1)

    def from_hidden(self, hidden: Tensor) -> Tensor:
        """Anchored log costs ``(n, H)`` before correction."""
        return self.scale.inverse(self.network[-1](hidden[:, :-1]))

    def correction(self, features: Tensor, embedding: Tensor, anchored: Tensor) -> Tensor:
        """Ridge weights ``(B, H)`` that explain what is left on the reference set of one device.

        The strength is the one with the least leave-one-out error, so that a
        device which resembles the known ones is left alone.

        Args:
            features: Of the R references, ``(R, F)``.
            embedding: Of the device, ``(E,)``.
            anchored: Its true anchored log costs on them, ``(R, H)``.
        """
        with torch.no_grad():
            basis = self.hidden(features, embedding.expand(len(features), -1))
            left = anchored - self.from_hidden(basis)
            gram = basis @ basis.T
            eye = torch.eye(len(gram))
            best, chosen = left.square().mean(), torch.zeros(basis.shape[1], left.shape[1])
            for strength in _STRENGTHS:
                ridge = gram + strength * gram.diagonal().mean() * eye
                solved = torch.linalg.solve(ridge, torch.cat([left, eye], dim=1))
                dual, inverse = solved[:, : left.shape[1]], solved[:, left.shape[1] :]
                error = (dual / inverse.diagonal()[:, None]).square().mean()  # leave one out
                if error < best:
                    best, chosen = error, basis.T @ dual
            return chosen


def split_objectives(
    objectives: Sequence[Objective],
) -> tuple[list[Objective], list[Objective]]:
    """Queried objectives and free ones."""
    queried = [objective for objective in objectives if objective.query]
    return queried, [objective for objective in objectives if not objective.query]


def log_costs(problem: Problem, rows: Tensor, device: Device) -> Tensor:
    """Estimated free objectives of a population, ``(n, H)``, logarithm of minimised values.

    A maximised free objective enters as the reciprocal, which is minimised.
    """
    architectures = population.decode(problem.choices, rows)
    _, free = split_objectives(problem.objectives)
    columns: list[list[float]] = []
    for objective in free:
        found = problem.evaluator.estimates(objective, architectures, device)
        columns.append([sign(objective) * _log(objective, value.value) for value in found])
    return torch.tensor(columns, dtype=torch.float32).T.reshape(len(rows), len(free))


def _log(objective: Objective, value: float) -> float:
    if value <= 0:
        raise UsageError(
            f'Objective "{objective.name}" gave {value:g}; modnas models costs that are not '
            "queried on a logarithmic scale, so they must be above 0. Use another optimizer, "
            "or leave the objective out."
        )
    return math.log(value)


def feature_groups(choices: ChoiceSet) -> Tensor:
    """Which choice each predictor input belongs to, ``(F,)``."""
    return torch.repeat_interleave(torch.arange(len(choices)), torch.tensor(choices.sizes))


def features_of(problem: Problem, rows: Tensor) -> Tensor:
    """Predictor inputs of a population, ``(n, F)``."""
    return Relaxation.from_population(problem.choices, rows).features().float()
