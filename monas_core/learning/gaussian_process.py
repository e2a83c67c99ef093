"""Gaussian process regression on features of architectures, differentiable in its input.

Few hundred evaluated architectures are what a search has, and a smooth,
almost additive function is what quality is: an exact process fits that in well
under a second and says how sure it is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from monas_core.learning.kernels import matern

_JITTER = 1e-4
"""Smallest noise variance on standardised targets."""
_HYPER_POINTS = 256
_CENTRE = -3.5
_PRIOR = 0.2
"""Mean and half the precision of the normal prior on the logarithm of a family's scale."""
_LIKENESS = 3.0
"""Half the precision of the scales of a family about it, on the same logarithm."""


class GaussianProcess(nn.Module):
    """Zero-mean process with a linear plus a Matern-5/2 kernel, two scales per group of features.

    k(x, y) = a sum_g v_g x_g.y_g + b (1 + s + s^2 / 3) exp(-s) + noise with
    s^2 = 5 sum_g w_g |x_g - y_g|^2: what adds up need not be what bends. Hyperparameters
    maximise the marginal likelihood (Rasmussen and Williams, 2006, eq. 5.8) and are shared by
    all outputs. The log v_g of a family of groups are normal about one number of its own, which
    has a weak normal prior, and so are the log w_g: hundreds of evaluations tell how much kernel
    sizes matter, but not in each block alone.

    Args:
        groups: ``(F,)`` int64, which group (a choice, say) each feature belongs to.
        families: ``(G,)`` int64, which family each group belongs to.
    """

    def __init__(self, groups: Tensor, families: Tensor) -> None:
        super().__init__()
        self.groups, self.families = groups, families
        count = int(families.max()) + 1
        self.log_scales = nn.Parameter(torch.full((2, len(families)), _CENTRE).double())
        self.log_centres = nn.Parameter(torch.full((2, count), _CENTRE).double())
        self.log_weights = nn.Parameter(torch.tensor([0.0, 0.0, -4.0], dtype=torch.float64))
        self.inputs = torch.zeros(0, len(groups), dtype=torch.float64)
        self.targets = torch.zeros(0, 1, dtype=torch.float64)
        self._factor = torch.zeros(0, 0, dtype=torch.float64)
        self._weights = torch.zeros(0, 1, dtype=torch.float64)

    def kernel(self, first: Tensor, second: Tensor) -> Tensor:
        """Covariances ``(n, m)`` of features ``(n, F)`` and ``(m, F)``, noise left out."""
        slopes, bends = self.log_scales.exp()[:, self.groups]
        linear, smooth, _ = self.log_weights.exp()
        a, b = first * bends.sqrt(), second * bends.sqrt()
        squared = a.square().sum(-1)[:, None] + b.square().sum(-1)[None, :] - 2 * a @ b.T
        # the floor keeps the derivative of the root finite where a point meets itself
        distance = (5.0 * squared).clamp_min(1e-10).sqrt()
        return linear * (first * slopes) @ second.T + smooth * matern(distance)

    def fit(self, inputs: Tensor, targets: Tensor, steps: int) -> float:
        """Take ``(n, F)`` and standardised ``(n, Q)``; negative log likelihood per value."""
        self.inputs, self.targets = inputs.double(), targets.double()
        # hyperparameters need far fewer points than the answer: an even share of them will do
        stride = -(-len(inputs) // _HYPER_POINTS)
        some, wanted = self.inputs[::stride], self.targets[::stride]
        adam = torch.optim.Adam(self.parameters(), lr=0.1)
        loss = torch.zeros(())
        with torch.enable_grad():
            for _ in range(steps):
                factor = self._factorise(some)
                solved = torch.cholesky_solve(wanted, factor)
                fit = 0.5 * (wanted * solved).sum() / wanted.shape[1]
                loss = (fit + factor.diagonal().log().sum() + self._prior()) / len(some)
                adam.zero_grad(set_to_none=True)
                loss.backward()
                adam.step()
        self._solve()
        return float(loss.detach())

    def _prior(self) -> Tensor:
        """Negative log density of the scales, up to a constant."""
        apart = (self.log_scales - self.log_centres[:, self.families]).square().sum()
        return _LIKENESS * apart + _PRIOR * (self.log_centres - _CENTRE).square().sum()

    def _factorise(self, inputs: Tensor) -> Tensor:
        eye = torch.eye(len(inputs), dtype=torch.float64)
        return torch.linalg.cholesky(self.kernel(inputs, inputs) + self.noise * eye)

    def _solve(self) -> None:
        with torch.no_grad():
            self._factor = self._factorise(self.inputs)
            self._weights = torch.cholesky_solve(self.targets, self._factor)

    def forward(self, features: Tensor) -> Tensor:
        """Posterior mean ``(n, Q)``, float32, differentiable in ``features``."""
        across = self.kernel(features.double(), self.inputs)
        return (across @ self._weights).float()

    @property
    def noise(self) -> Tensor:
        """Variance of a target about the value of the process, ``()``; it is learnt."""
        return self.log_weights[2].exp() + _JITTER

    def covariance(self, features: Tensor) -> Tensor:
        """Posterior covariances ``(n, n)`` of the values at ``(n, F)``, float64."""
        with torch.no_grad():
            rows = features.double()
            half = self._whitened(self.kernel(rows, self.inputs))
            return self.kernel(rows, rows) - half.T @ half

    def beliefs(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean ``(n, Q)`` and standard deviation ``(n, 1)``, float32."""
        with torch.no_grad():
            rows = features.double()
            across = self.kernel(rows, self.inputs)
            half = self._whitened(across)
            linear, smooth, _ = self.log_weights.exp()
            weighted = rows.square() * self.log_scales[0].exp()[self.groups]
            prior = linear * weighted.sum(-1) + smooth
            deviation = (prior - half.square().sum(0)).clamp_min(0.0).sqrt()
            return (across @ self._weights).float(), deviation[:, None].float()

    def _whitened(self, across: Tensor) -> Tensor:
        """Covariances ``(n, data)`` with the data over their Cholesky factor, ``(data, n)``."""
        return torch.linalg.solve_triangular(self._factor, across.T, upper=False)

    def get_extra_state(self) -> dict[str, Any]:
        """The data, whose number grows; the factorisation follows from it."""
        return {"inputs": self.inputs, "targets": self.targets}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Inverse of ``get_extra_state``; ``settle`` must follow once parameters are loaded."""
        self.inputs, self.targets = state["inputs"], state["targets"]

    def settle(self) -> None:
        """Recompute what follows from data and hyperparameters."""
        if len(self.inputs):
            self._solve()
