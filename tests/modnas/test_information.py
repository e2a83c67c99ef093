"""Greedy choice of evaluations against conditioning by the textbook."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from monas_core.learning.gaussian_process import GaussianProcess
from monas_modnas.information import most_informative

NOISE = 0.05


def covariance(count: int, seed: int = 0) -> Tensor:
    factor = torch.randn(
        count, count + 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return factor @ factor.T / count


def left_after(believed: Tensor, places: list[int], weights: Tensor) -> float:
    """Weighted variance of everything once some places are evaluated."""
    inner = believed[places][:, places] + NOISE * torch.eye(len(places), dtype=torch.float64)
    across = believed[:, places]
    posterior = believed - across @ torch.linalg.solve(inner, across.T)
    return float((posterior.diagonal() * weights).sum())


@pytest.mark.parametrize("seed", range(5))
def test_each_is_the_best_one_given_those_before(seed: int) -> None:
    believed, weights = covariance(9, seed), torch.rand(9, dtype=torch.float64)
    chosen = most_informative(believed, weights, NOISE, 4).tolist()
    assert len(set(chosen)) == 4
    for step in range(4):
        before = chosen[:step]
        options = {
            place: left_after(believed, [*before, place], weights)
            for place in set(range(9)) - set(before)
        }
        assert options[chosen[step]] == pytest.approx(min(options.values()))


def test_two_are_hardly_worse_than_the_best_pair() -> None:
    believed, weights = covariance(8), torch.ones(8, dtype=torch.float64)
    greedy = left_after(believed, most_informative(believed, weights, NOISE, 2).tolist(), weights)
    pairs = itertools.combinations(range(8), 2)
    best = min(left_after(believed, list(pair), weights) for pair in pairs)
    nothing = float(believed.diagonal().sum())
    assert nothing - greedy >= (1 - 1 / 2.718) * (nothing - best)


def test_all_of_them_are_found_and_certainty_is_no_trouble() -> None:
    certain = torch.zeros(3, 3, dtype=torch.float64)
    assert sorted(most_informative(certain, torch.ones(3), NOISE, 3).tolist()) == [0, 1, 2]


def test_what_counts_for_nothing_is_not_looked_into() -> None:
    apart = torch.eye(4, dtype=torch.float64)
    weights = torch.tensor([0.0, 1.0, 0.0, 2.0], dtype=torch.float64)
    assert most_informative(apart, weights, NOISE, 2).tolist() == [3, 1]


def test_covariance_and_deviation_of_the_process_agree() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(20, 3, generator=generator)
    process = GaussianProcess(torch.arange(3), torch.zeros(3, dtype=torch.int64))
    process.fit(inputs, inputs[:, :1] * inputs[:, 1:2], steps=30)
    rows = torch.randn(6, 3, generator=generator)
    found = process.covariance(rows)
    torch.testing.assert_close(found, found.T)
    spread = found.diagonal().clamp_min(0).sqrt()[:, None].float()
    torch.testing.assert_close(spread, process.beliefs(rows)[1], rtol=1e-3, atol=1e-4)
