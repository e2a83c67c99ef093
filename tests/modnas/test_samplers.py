"""The gradient estimator against enumeration."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from monas_modnas.samplers import entropy_gradient, masked_softmax, reinmax, sample_one_hot

SIZES = (3, 2, 4)
MASK = torch.arange(4)[None, :] < torch.tensor(SIZES)[:, None]


def every_sample() -> Tensor:
    """All one-hot configurations, ``(24, 3, 4)``."""
    rows = torch.tensor(list(itertools.product(*map(range, SIZES))))
    return torch.nn.functional.one_hot(rows, 4).double()


def quadratic(rows: Tensor, curvature: float) -> Tensor:
    """A loss with interactions between choices and inside each row."""
    generator = torch.Generator().manual_seed(1)
    linear = torch.randn(12, generator=generator, dtype=torch.float64)
    square = torch.randn(12, 12, generator=generator, dtype=torch.float64)
    flat = rows.flatten(-2)
    return flat @ linear + curvature * ((flat @ square) * flat).sum(-1)


def enumerated(logits: Tensor, curvature: float) -> tuple[Tensor, Tensor]:
    """The true gradient of the expected loss, and the estimator's expectation."""
    samples = every_sample()
    logits = logits.clone().requires_grad_()
    probabilities = masked_softmax(logits, MASK)
    weight = (samples * probabilities).sum(-1).prod(-1)  # (24,)
    (true,) = torch.autograd.grad((weight * quadratic(samples, curvature)).sum(), logits)
    inputs = samples.clone().requires_grad_()
    (slope,) = torch.autograd.grad(quadratic(inputs, curvature).sum(), inputs)
    estimates = reinmax(logits.detach().expand_as(samples), MASK, samples, slope)
    return true, (weight.detach()[:, None, None] * estimates).sum(0)


@pytest.mark.parametrize("curvature", [0.0, 0.7])
def test_expected_reinmax_is_the_enumerated_gradient_for_quadratic_losses(curvature: float) -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    true, expected = enumerated(logits, curvature)
    # rows interact through products of different rows, which stay linear in each row
    torch.testing.assert_close(expected, true, atol=1e-10, rtol=1e-8)


def test_the_mean_over_drawn_samples_approaches_the_enumerated_gradient() -> None:
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    true, _ = enumerated(logits, 0.3)
    many = logits.expand(20_000, 3, 4)
    samples = sample_one_hot(masked_softmax(many, MASK), generator).requires_grad_()
    (slope,) = torch.autograd.grad(quadratic(samples, 0.3).sum(), samples)
    mean = reinmax(many, MASK, samples.detach(), slope).mean(0)
    assert (mean - true).norm() < 0.05 * true.norm()


def test_invalid_options_get_no_probability_and_no_gradient() -> None:
    logits = torch.zeros(3, 4)
    samples = sample_one_hot(masked_softmax(logits, MASK), torch.Generator().manual_seed(0))
    gradient = reinmax(logits, MASK, samples, torch.ones(3, 4).cumsum(-1))
    assert gradient[~MASK].abs().max() == 0
    torch.testing.assert_close(gradient.sum(-1), torch.zeros(3))


def test_entropy_gradient_is_the_derivative_of_the_entropy() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(3)).double()
    logits.requires_grad_()
    probabilities = masked_softmax(logits, MASK)
    entropy = -(probabilities * probabilities.clamp_min(1e-30).log()).sum()
    (true,) = torch.autograd.grad(entropy, logits)
    torch.testing.assert_close(entropy_gradient(logits.detach(), MASK), true)
