"""The likeliest architecture within limits, against all there are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from monas_core.testing.fakes import ToySpace
from monas_core.values import population
from monas_core.values.relaxation import Relaxation
from monas_lagrange.likeliest import likeliest, log_likelihood

CHOICES = ToySpace().choices
EVERYTHING = population.encode(CHOICES, list(CHOICES.enumerate()))
PRICES = torch.rand(len(CHOICES), CHOICES.max_options, generator=torch.Generator().manual_seed(1))


def costs(rows: Tensor) -> Tensor:
    """Of architectures ``(..., C)``; a choice that is not active costs nothing."""
    flat = rows.reshape(-1, rows.shape[-1])
    each = PRICES.expand(len(flat), -1, -1).gather(-1, flat[..., None])[..., 0]
    return (each * population.activity(CHOICES, flat)).sum(-1).reshape(rows.shape[:-1])


def mixtures(sharpness: float, seed: int) -> Relaxation:
    drawn = torch.randn(
        2, len(CHOICES), CHOICES.max_options, generator=torch.Generator().manual_seed(seed)
    )
    return Relaxation.from_logits(CHOICES, sharpness * drawn)


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_it_is_the_likeliest_of_all_within_the_limit(sharpness: float, share: float) -> None:
    bound = costs(EVERYTHING).quantile(share)
    mixed = mixtures(sharpness, seed=5)

    def misses(rows: Tensor) -> Tensor:
        return (costs(rows) / bound - 1).clamp_min(0.0)

    found = likeliest(
        mixed, mixed.to_population(), misses, misses, torch.Generator().manual_seed(0)
    )
    assert (costs(found) <= bound).all()
    within = EVERYTHING[costs(EVERYTHING) <= bound]
    best = log_likelihood(mixed, within.expand(2, -1, -1)).amax(1)
    assert log_likelihood(mixed, found[:, None])[:, 0] == pytest.approx(best, abs=1e-4)


def test_costs_of_the_devices_have_the_last_word() -> None:
    """Predictions that are too low do not let through what is too dear."""
    bound, mixed = costs(EVERYTHING).quantile(0.3), mixtures(1.0, seed=2)
    found = likeliest(
        mixed,
        mixed.to_population(),
        lambda rows: (0.97 * costs(rows) / bound - 1).clamp_min(0.0),
        lambda rows: (costs(rows) / bound - 1).clamp_min(0.0),
        torch.Generator().manual_seed(0),
    )
    assert (costs(found) <= bound).all()


def test_where_nothing_meets_the_limit_the_least_miss_is_found() -> None:
    mixed = mixtures(0.1, seed=3)
    found = likeliest(mixed, mixed.to_population(), costs, costs, torch.Generator().manual_seed(0))
    assert costs(found) == pytest.approx(costs(EVERYTHING).amin().expand(2), abs=1e-6)
