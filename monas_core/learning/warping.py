"""Monotone maps that make skewed targets look normal, so that a Gaussian process fits them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_LOWEST, _HIGHEST = -4.0, 6.0
"""Bounds of the exponent: beyond them single outliers decide it."""
_REACH = 1.0
"""How far beyond the known targets a prediction is inverted, as a share of their range."""


class Warp(nn.Module):
    """Yeo-Johnson power transform (Biometrika, 2000), then zero mean and unit deviation, by column.

    A few useless networks are far worse than the rest; without the transform they
    decide the scale on which good ones are told apart (Cowen-Rivers et al., HEBO,
    JAIR 2022, section 3.1). Targets are standardised first, so that units do not matter.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        for name, start in (("centre", 0.0), ("width", 1.0), ("power", 1.0), ("mean", 0.0)):
            self.register_buffer(name, torch.full((columns,), start, dtype=torch.float64))
        self.register_buffer("deviation", torch.ones(columns, dtype=torch.float64))
        self.register_buffer("ends", torch.zeros(2, columns, dtype=torch.float64))
        self.centre: Tensor
        self.width: Tensor
        self.power: Tensor
        self.mean: Tensor
        self.deviation: Tensor
        self.ends: Tensor

    def fit(self, targets: Tensor) -> None:
        """Take the shape of minimised ``(n, columns)``."""
        from scipy.stats import yeojohnson_normmax  # seconds to import; answering needs it not

        wide = targets.double()
        self.centre.copy_(wide.mean(0))
        self.width.copy_(_positive(wide.std(0, correction=0)))
        scaled = (wide - self.centre) / self.width
        low, high = scaled.amin(0), scaled.amax(0)
        reach = _REACH * (high - low)
        self.ends.copy_(torch.stack([low - reach, high + reach]))
        for column in range(scaled.shape[1]):
            values = scaled[:, column].numpy()
            found: Any = yeojohnson_normmax(values) if len(set(values.tolist())) > 2 else 1.0
            self.power[column] = min(max(float(found), _LOWEST), _HIGHEST)
        bent = _bend(scaled, self.power)
        self.mean.copy_(bent.mean(0))
        self.deviation.copy_(_positive(bent.std(0, correction=0)))

    def forward(self, targets: Tensor) -> Tensor:
        """Minimised targets ``(..., columns)`` to standard ones."""
        scaled = (targets.double() - self.centre) / self.width
        return (_bend(scaled, self.power) - self.mean) / self.deviation

    def inverse(self, standard: Tensor) -> Tensor:
        """Back to the targets' own unit, float32, differentiable.

        What lies further beyond the known targets than their whole range is held there.
        """
        lowest, highest = _bend(self.ends, self.power)
        bent = standard.double() * self.deviation + self.mean
        bent = torch.maximum(torch.minimum(bent, highest), lowest)
        return (_unbend(bent, self.power) * self.width + self.centre).float()


def _positive(spread: Tensor) -> Tensor:
    """1 where a column does not vary."""
    return torch.where(spread > 1e-9, spread, torch.ones_like(spread))


def _bend(x: Tensor, power: Tensor) -> Tensor:
    """The Yeo-Johnson transform with exponent ``power``."""
    p, q = _safe(power), _safe(2.0 - power)
    above = ((1.0 + x.clamp_min(0.0)) ** p - 1.0) / p
    below = -((1.0 - x.clamp_max(0.0)) ** q - 1.0) / q
    return torch.where(x >= 0, above, below)


def _unbend(y: Tensor, power: Tensor) -> Tensor:
    p, q = _safe(power), _safe(2.0 - power)
    above = (1.0 + p * y.clamp_min(0.0)).clamp_min(1e-12) ** (1.0 / p) - 1.0
    below = 1.0 - (1.0 - q * y.clamp_max(0.0)).clamp_min(1e-12) ** (1.0 / q)
    return torch.where(y >= 0, above, below)


def _safe(power: Tensor) -> Tensor:
    """The exponent, kept away from 0, where the transform is a logarithm in the limit."""
    return torch.where(power.abs() < 1e-6, torch.full_like(power, 1e-6), power)
