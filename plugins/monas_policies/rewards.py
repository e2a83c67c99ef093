"""What an architecture earns by its quality and its cost beside a budget or target."""

from __future__ import annotations

from torch import Tensor

MNASNET_POWER = -0.07
"""Tan et al., MnasNet, arXiv 1807.11626, equation 2 with alpha = beta."""
TUNAS_WEIGHT = -0.07
"""As PFNAG's comparison has it; TuNAS itself tunes it by the size of accuracies."""


def mnasnet(quality: Tensor, log_ratio: Tensor) -> Tensor:
    """Quality, 0 to 1, times (cost / budget) to a power.

    Args:
        quality: ``(B,)``, 0 the worst known, 1 the best.
        log_ratio: ``(B,)``, logarithm of cost over budget.
    """
    return quality.clamp_min(0.01) * (MNASNET_POWER * log_ratio).exp()


def tunas(quality: Tensor, log_ratio: Tensor, weight: float = TUNAS_WEIGHT) -> Tensor:
    """Quality plus a weighted absolute distance from the target (arXiv 2008.06120, eq. 2)."""
    return quality + weight * (log_ratio.exp() - 1).abs()
