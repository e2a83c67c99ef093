"""Differentiable stand-ins for quality and cost, and their scales.

Everything here is state: fitted to evaluated architectures, saved with the
run, and frozen while the hypernetwork learns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from monas_core.errors import UsageError
from monas_core.parts.description import Description
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.problem import Problem
from monas_core.values.architecture import Architecture
from monas_core.values.relaxation import Relaxation
from monas_modnas.gaussian_process import GaussianProcess
from monas_modnas.networks import fit, perceptron
from monas_modnas.warping import Warp

_HIDDEN = 96
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
    """From described architectures to the queried objectives (minimised), with its doubt.

    Args:
        description: Its groups and families of columns.
        outputs: Q.
    """

    def __init__(self, description: Description, outputs: int) -> None:
        super().__init__()
        self.process = GaussianProcess(description.groups, description.families)
        self.warp = Warp(outputs)

    def fit(self, described: Tensor, targets: Tensor, steps: int) -> float:
        """Fit to ``(n, D)`` and ``(n, Q)``; negative log likelihood per value."""
        self.warp.fit(targets)
        return self.process.fit(described, self.warp(targets), steps)

    def forward(self, described: Tensor) -> Tensor:
        """The value at the posterior mean, ``(n, Q)``, differentiable."""
        return self.warp.inverse(self.process(described))


class CostPredictor(nn.Module):
    """From features and device embedding to the logarithm of every free objective.

    The mean log cost of the reference set is taken out of the target and put
    back from the device itself, so that the magnitude of a new device is never
    guessed.
    """

    def __init__(self, inputs: int, devices: Tensor, outputs: int) -> None:
        """Args: devices: Embeddings of the search devices, ``(T, E)``."""
        super().__init__()
        self.devices = devices
        self.network = perceptron(inputs + devices.shape[1], _HIDDEN, outputs)
        self.scale = Standard(outputs)
        self.device_scale = Standard(devices.shape[1])

    def fit(
        self, features: Tensor, anchored: Tensor, steps: int, generator: torch.Generator
    ) -> float:
        """Fit to ``(n, F)`` and anchored log costs ``(n, T, H)`` on the search devices.

        Half of the rows mix two devices: log costs and default embeddings are
        both linear in the logarithm of a device's costs, so a geometric mean of
        two devices is a device that could exist, and fills the gaps between few.
        """
        count, n = len(self.devices), len(features)
        rows = 40 * n
        which = torch.randint(n, (rows,), generator=generator)
        first = torch.randint(count, (rows,), generator=generator)
        second = torch.randint(count, (rows,), generator=generator)
        share = torch.rand(rows, 1, generator=generator)
        share[torch.rand(rows, generator=generator) > _DEVICE_MIX] = 1.0
        device = share * self.devices[first] + (1 - share) * self.devices[second]
        target = share * anchored[which, first] + (1 - share) * anchored[which, second]
        self.device_scale.fit(self.devices)
        self.scale.fit(target)
        table = torch.cat([features[which], self.device_scale(device)], dim=1)
        return fit(self.network, table, self.scale(target), steps, generator, batch=384)

    def forward(self, features: Tensor, embedding: Tensor) -> Tensor:
        """Anchored log costs ``(n, H)`` of features ``(n, F)`` on one device ``(n, E)`` each."""
        table = torch.cat([features, self.device_scale(embedding)], dim=-1)
        return self.scale.inverse(self.network(table))

    def everywhere(self, features: Tensor) -> Tensor:
        """Anchored log costs on every search device, ``(n, T, H)``."""
        n, count = len(features), len(self.devices)
        rows = features[:, None].expand(n, count, -1).flatten(0, 1)
        return self(rows, self.devices.repeat(n, 1)).reshape(n, count, -1)


def split_objectives(
    objectives: Sequence[Objective],
) -> tuple[list[Objective], list[Objective]]:
    """Queried objectives and free ones."""
    queried = [objective for objective in objectives if objective.query]
    return queried, [objective for objective in objectives if not objective.query]


def log_costs(problem: Problem, architectures: Sequence[Architecture], device: Device) -> Tensor:
    """Estimated free objectives of n architectures, ``(n, H)``, logarithm of minimised values.

    A maximised free objective enters as the reciprocal, which is minimised.
    """
    _, free = split_objectives(problem.objectives)
    if not free:
        return torch.zeros(len(architectures), 0)
    columns: list[list[float]] = []
    for objective in free:
        found = problem.evaluator.estimates(objective, architectures, device)
        columns.append([sign(objective) * _log(objective, value.value) for value in found])
    return torch.tensor(columns, dtype=torch.float32).T.reshape(len(architectures), len(free))


def _log(objective: Objective, value: float) -> float:
    if value <= 0:
        raise UsageError(
            f'Objective "{objective.name}" gave {value:g}; modnas models costs that are not '
            "queried on a logarithmic scale, so they must be above 0. Use another optimizer, "
            "or leave the objective out."
        )
    return math.log(value)


def features_of(problem: Problem, rows: Tensor) -> Tensor:
    """Predictor inputs of a population, ``(n, F)``."""
    return Relaxation.from_population(problem.choices, rows).features().float()
