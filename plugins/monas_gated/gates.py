"""Gates: logits, their probabilities, relaxed samples, entropy, and one-hot ends.

The relaxed Bernoulli (concrete) distribution: sigmoid((a + L) / T) for a logistic L (Maddison et
al., ICLR 2017, arXiv 1611.00712); a gate is open in the end where its logit is positive.
"""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation


def sampled(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Relaxed samples of gates ``(T, C)``, differentiable in the logits."""
    uniform = torch.rand(logits.shape, generator=generator).clamp(1e-6, 1.0 - 1e-6)
    return torch.sigmoid((logits + uniform.log() - (-uniform).log1p()) / temperature)


def entropy(logits: Tensor) -> Tensor:
    """Mean over gates of the entropy of each set, ``(T,)``, nats."""
    opened = torch.sigmoid(logits)
    terms = torch.nn.functional.binary_cross_entropy_with_logits(logits, opened, reduction="none")
    return terms.mean(1)


def mixture(choices: ChoiceSet, opened: Tensor) -> Relaxation:
    """Gates ``(T, C)`` from 0 to 1 as weights of the two options."""
    return Relaxation(choices, torch.stack([1.0 - opened, opened], -1))


def hard(logits: Tensor) -> Tensor:
    """Option indices ``(T, C)``: 1 where a gate is open in the end."""
    return (logits.detach() > 0).long()
