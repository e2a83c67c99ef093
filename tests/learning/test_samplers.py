"""The gradient estimator against enumeration."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from monas_core.learning.samplers import (
    SAMPLERS,
    ReinMax,
    Sample,
    entropy_gradient,
    masked_softmax,
    sample_one_hot,
)

SIZES = (3, 2, 4)
MASK = torch.arange(4)[None, :] < torch.tensor(SIZES)[:, None]


def every_sample() -> Tensor:
    """All one-hot configurations, ``(24, 3, 4)``."""
    rows = torch.tensor(list(itertools.product(*map(range, SIZES))))
    return torch.nn.functional.one_hot(rows, 4).double()


def reinmax(logits: Tensor, samples: Tensor, gradient: Tensor) -> Tensor:
    return ReinMax().pull_back(Sample(logits, samples, masked_softmax(logits, MASK)), gradient)


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
    estimates = reinmax(logits.detach().expand_as(samples), samples, slope)
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
    mean = reinmax(many, samples.detach(), slope).mean(0)
    assert (mean - true).norm() < 0.05 * true.norm()


def test_invalid_options_get_no_probability_and_no_gradient() -> None:
    logits = torch.zeros(3, 4)
    samples = sample_one_hot(masked_softmax(logits, MASK), torch.Generator().manual_seed(0))
    gradient = reinmax(logits, samples, torch.ones(3, 4).cumsum(-1))
    assert gradient[~MASK].abs().max() == 0
    torch.testing.assert_close(gradient.sum(-1), torch.zeros(3))


def test_entropy_gradient_is_the_derivative_of_the_entropy() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(3)).double()
    logits.requires_grad_()
    probabilities = masked_softmax(logits, MASK)
    entropy = -(probabilities * probabilities.clamp_min(1e-30).log()).sum()
    (true,) = torch.autograd.grad(entropy, logits)
    torch.testing.assert_close(entropy_gradient(logits.detach(), MASK), true)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_every_sampler_draws_rows_of_valid_options(name: str) -> None:
    logits = torch.randn(500, 3, 4, generator=torch.Generator().manual_seed(0)).double()
    sampler = SAMPLERS[name]()
    sample = sampler.draw(logits, MASK, 0.5, torch.Generator().manual_seed(1))
    torch.testing.assert_close(sample.rows.sum(-1), torch.ones(500, 3).double())
    assert sample.rows[:, ~MASK].abs().max() == 0
    pulled = sampler.pull_back(sample, torch.randn_like(sample.rows))
    assert pulled[:, ~MASK].abs().max() == 0
    torch.testing.assert_close(pulled.sum(-1), torch.zeros(500, 3).double())


@pytest.mark.parametrize("name", ["gumbel", "gdas"])
def test_gumbel_draws_follow_the_probabilities(name: str) -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0, 9.0], [0.0, 1.0, 9.0, 9.0], [0.0, 0.5, 1.0, -0.5]])
    many = logits.expand(40_000, 3, 4)
    sample = SAMPLERS[name]().draw(many, MASK, 0.3, torch.Generator().manual_seed(1))
    assert (sample.rows.mean(0) - masked_softmax(logits, MASK)).abs().max() < 0.01


def test_the_straight_through_estimate_is_that_of_automatic_differentiation() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).double()
    gradient = torch.randn(3, 4, generator=torch.Generator().manual_seed(1)).double()
    sampler = SAMPLERS["gumbel"]()
    sample = sampler.draw(logits, MASK, 0.4, torch.Generator().manual_seed(2))
    # the same noise, recovered from what was drawn, through autograd
    noise = sample.relaxed.clamp_min(1e-300).log() * sample.temperature - logits
    again = logits.clone().requires_grad_()
    relaxed = masked_softmax((again + noise) / sample.temperature, MASK)
    torch.testing.assert_close(relaxed.detach(), sample.relaxed)
    (expected,) = torch.autograd.grad((relaxed * gradient).sum(), again)
    torch.testing.assert_close(sampler.pull_back(sample, gradient), expected)
    selected_only = SAMPLERS["gdas"]().pull_back(sample, gradient)
    (blind,) = torch.autograd.grad(
        (masked_softmax((again + noise) / sample.temperature, MASK) * gradient * sample.rows).sum(),
        again,
    )
    torch.testing.assert_close(selected_only, blind)


def test_the_mixture_of_softmax_has_an_exact_gradient() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).double().requires_grad_()
    mixture = masked_softmax(logits, MASK)
    (expected,) = torch.autograd.grad(quadratic(mixture, 0.7), logits)
    sampler = SAMPLERS["softmax"]()
    sample = sampler.draw(logits.detach(), MASK, 0.0, torch.Generator())
    rows = sample.rows.clone().requires_grad_()
    (slope,) = torch.autograd.grad(quadratic(rows, 0.7), rows)
    torch.testing.assert_close(sampler.pull_back(sample, slope), expected)


def test_gumbel_cools_down_over_the_search() -> None:
    logits, sampler = torch.zeros(1, 3, 4), SAMPLERS["gumbel"]()
    heat = [
        sampler.draw(logits, MASK, progress, torch.Generator().manual_seed(0)).temperature
        for progress in (0.0, 0.5, 1.0, 1.5)
    ]
    assert heat == pytest.approx([5.0, 2.75, 0.5, 0.5])
