"""Differentiable stand-ins for quality and cost, and their scales.

Everything here is state: fitted to evaluated architectures, saved with the
run, and frozen while the hypernetwork learns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from monas_core.learning.gaussian_process import GaussianProcess
from monas_core.learning.perceptron import fit, perceptron
from monas_core.learning.warping import Warp
from monas_core.parts.description import Description

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
