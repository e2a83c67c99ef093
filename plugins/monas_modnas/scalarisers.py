"""From several objectives and a wish to one number."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_LINEAR_SHARE = 0.05
_REFERENCE = 1.1

Scalariser = Callable[[Tensor, Tensor, float], Tensor]
"""Normalised objectives ``(..., M)``, wishes ``(..., M)``, temperature -> loss ``(...)``."""


def linear(values: Tensor, wishes: Tensor, temperature: float) -> Tensor:  # noqa: ARG001
    """Weighted sum; reaches only the convex part of a front."""
    return (values * wishes).sum(-1)


def chebyshev(values: Tensor, wishes: Tensor, temperature: float) -> Tensor:  # noqa: ARG001
    """Weighted maximum plus a small linear term (augmented; Steuer and Choo, 1983)."""
    return (values * wishes).amax(-1) + _LINEAR_SHARE * values.mean(-1)


def smooth_chebyshev(values: Tensor, wishes: Tensor, temperature: float) -> Tensor:
    """Smooth maximum of weighted objectives (Lin et al., ICML 2024, arXiv 2402.19078).

    T log sum_m exp(r_m z_m / T), plus a small linear term that prefers the better of two
    equally bad points. Reaches concave parts of a front, which a linear sum cannot.

    Args:
        values: Normalised objectives ``(..., M)``.
        wishes: ``(..., M)``.
        temperature: Towards 0 the maximum itself.
    """
    weighted = values * wishes
    smooth = temperature * torch.logsumexp(weighted / temperature, dim=-1)
    return smooth + _LINEAR_SHARE * values.mean(-1)


def hypervolume(values: Tensor, wishes: Tensor, temperature: float) -> Tensor:
    """Negative hypervolume scalarisation along the wish (Golovin and Zhang, ICML 2020).

    The smooth minimum over objectives of (r - z_m) / d_m, where the direction d
    is large for an objective that matters much: averaged over wishes, what is
    maximised is the hypervolume up to r.
    """
    direction = wishes.clamp_min(0.05)
    direction = direction / direction.norm(dim=-1, keepdim=True)
    room = (_REFERENCE - values) / direction
    reach = -temperature * torch.logsumexp(-room / temperature, dim=-1)
    return -reach + _LINEAR_SHARE * values.mean(-1)


SCALARISERS: dict[str, Scalariser] = {
    "linear": linear,
    "chebyshev": chebyshev,
    "smooth-chebyshev": smooth_chebyshev,
    "hypervolume": hypervolume,
}
"""By the name of the option."""
