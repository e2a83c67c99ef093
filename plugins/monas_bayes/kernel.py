"""How alike two architectures are."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from monas_bayes.libraries import (
    GreaterThan,
    Kernel,
    LogNormalPrior,
)
from monas_core.learning.kernels import matern

_SHORTEST = 0.025
_TYPICAL = 0.7
"""Length scale per square root of the number of choices: distances grow with that root."""
_PRIOR = (0.5, 0.5)
"""Location and scale of the logarithm of a length scale over the typical one."""


class ChoiceMatern(Kernel):
    """Matern kernel of smoothness 5/2 with one length scale per choice.

    Columns of one choice share theirs: a length scale per column cannot be told from 20 to
    100 evaluations, and one for all columns ignores that some choices hardly matter. The
    prior keeps them together until the data say otherwise (Hvarfner et al., Vanilla Bayesian
    Optimization Performs Great in High Dimensions, ICML 2024, for the growth with the root).

    Args:
        groups: ``(F,)`` int64, which choice each of the first F columns belongs to; further
            columns are no part of the kernel.
        batch_shape: One set of length scales per output.
    """

    has_lengthscale = False
    groups: Tensor
    scales: torch.nn.Parameter

    def __init__(self, groups: Tensor, batch_shape: torch.Size) -> None:
        super().__init__(active_dims=tuple(range(len(groups))), batch_shape=batch_shape)
        count = int(groups.max()) + 1
        typical = _TYPICAL * math.sqrt(count)
        self.register_buffer("groups", groups)
        start = torch.full((*batch_shape, 1, count), typical, dtype=torch.float64)
        self.register_parameter("scales", torch.nn.Parameter(start))
        plain: Any = None  # no transform: the fit keeps to the bound itself
        self.register_constraint("scales", GreaterThan(_SHORTEST, transform=plain))
        location, scale = math.log(typical) + _PRIOR[0], _PRIOR[1]
        self.register_prior("scales_prior", LogNormalPrior(location, scale), "scales")

    def forward(
        self,
        x1: Tensor,
        x2: Tensor,
        diag: bool = False,
        last_dim_is_batch: bool = False,
        **params: Any,
    ) -> Tensor:
        """Covariances ``(..., n, m)``, or ``(..., n)`` for ``diag``."""
        scales = self.scales[..., self.groups]
        distance = self.covar_dist(
            x1 / scales, x2 / scales, diag=diag, last_dim_is_batch=last_dim_is_batch, **params
        )
        return matern(math.sqrt(5.0) * distance)
