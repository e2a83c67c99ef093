"""From logits to sampled one-hot rows and a gradient estimate back to the logits."""

from __future__ import annotations

import torch
from torch import Tensor


def masked_softmax(logits: Tensor, mask: Tensor) -> Tensor:
    """Softmax over valid options; ``logits`` (..., C, K), ``mask`` (C, K) bool."""
    return torch.softmax(logits.masked_fill(~mask, -torch.inf), dim=-1)


def sample_one_hot(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Independent categorical draws as one-hot rows, same shape ``(..., K)``."""
    flat = probabilities.reshape(-1, probabilities.shape[-1])
    drawn = torch.multinomial(flat, 1, generator=generator).squeeze(-1)
    one_hot = torch.nn.functional.one_hot(drawn, probabilities.shape[-1])
    return one_hot.to(probabilities.dtype).reshape(probabilities.shape)


def reinmax(logits: Tensor, mask: Tensor, sample: Tensor, gradient: Tensor) -> Tensor:
    """ReinMax estimate of the gradient at the logits (Liu et al., NeurIPS 2023, arXiv 2304.08612).

    With pi0 = softmax(logits), D the sample, pi1 = (pi0 + D) / 2 and
    J(pi) = diag(pi) - pi pi^T: 2 J(pi1) g - J(pi0) g / 2. Second-order accurate:
    in expectation exact for losses quadratic in each row of D.

    Args:
        logits: ``(..., C, K)``.
        mask: ``(C, K)`` bool, valid options.
        sample: One-hot rows drawn from the softmax, ``(..., C, K)``.
        gradient: g = dL/dD at the sample, ``(..., C, K)``.

    Returns:
        ``(..., C, K)``, zero at invalid options.
    """
    start = masked_softmax(logits, mask)
    middle = 0.5 * (start + sample)
    return 2.0 * _jacobian_product(middle, gradient) - 0.5 * _jacobian_product(start, gradient)


def _jacobian_product(probabilities: Tensor, gradient: Tensor) -> Tensor:
    """(diag(pi) - pi pi^T) g, row by row."""
    weighted = probabilities * gradient
    return weighted - probabilities * weighted.sum(-1, keepdim=True)


def entropy_gradient(logits: Tensor, mask: Tensor) -> Tensor:
    """Gradient of the entropy of every row at the logits, ``(..., C, K)``."""
    probabilities = masked_softmax(logits, mask)
    log_probabilities = probabilities.clamp_min(1e-30).log()
    entropy = -(probabilities * log_probabilities).sum(-1, keepdim=True)
    return -probabilities * (log_probabilities + entropy)
