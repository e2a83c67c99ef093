"""Costs on devices that only the references are known of."""

from __future__ import annotations

import pytest
import torch

from monas_core.testing.fakes import ToyDevice, toy_problem
from monas_core.values import population
from monas_modnas.costs import log_costs
from monas_modnas.judge import Judge
from monas_modnas.landscape import Landscape
from monas_modnas.prices import Prices, transfer


def known_devices(seed: int, n: int = 60, count: int = 5) -> torch.Tensor:
    """Anchored log costs ``(n, count)`` of which the first ten rows are the references."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.randn(n, 3, generator=generator) @ torch.randn(3, count, generator=generator)
    return table - table[:10].mean(0)


def test_a_device_equal_to_a_known_one_is_predicted_as_that() -> None:
    searched = known_devices(0)
    new = searched[:, 3]
    found = transfer(searched[..., None], searched[:10, :, None], new[:10], 0)
    torch.testing.assert_close(found, new, atol=0.01, rtol=0)  # logarithms: 1 %


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_of_known_devices_is_found_from_ten_references(seed: int) -> None:
    searched = known_devices(seed)
    share = torch.tensor([0.9, 0.0, -0.2, 0.4, 0.1])
    new = searched @ share
    found = transfer(searched[..., None], searched[:10, :, None], new[:10], 0)
    plain = searched.mean(1)
    assert (found - new).abs().mean() < 0.25 * (plain - new).abs().mean()


@pytest.mark.parametrize("seed", range(5))
def test_a_cost_follows_from_other_costs_of_the_known_devices(seed: int) -> None:
    searched = torch.stack([known_devices(seed), known_devices(seed + 100)], dim=2)
    new = searched[..., 0].mean(1) + 0.3 * searched[:, 2, 1]
    both = transfer(searched, searched[:10], new[:10], 0)
    alone = transfer(searched[..., :1], searched[:10, :, :1], new[:10], 0)
    assert (both - new).abs().mean() < 0.5 * (alone - new).abs().mean()


def test_the_magnitude_of_a_new_device_comes_from_its_references() -> None:
    problem = toy_problem()
    sample = population.sample_distinct(problem.choices, 40, torch.Generator().manual_seed(0))
    landscape = Landscape(problem, sample)
    prices = Prices(problem, landscape.cost)
    landscape.fit_costs(sample, prices, 300, torch.Generator().manual_seed(1))
    slow = ToyDevice("slow", power=0.8)
    slow_logs = prices.at_references(slow)
    rows = prices.searched(sample)
    truth = log_costs(problem, population.decode(problem.choices, sample), slow)
    # logarithms: 5 % of the magnitude, 10 % of a row
    assert prices.on(rows, slow).mean() == pytest.approx(float(truth.mean()), abs=0.05)
    assert (prices.on(rows, slow) - truth).abs().mean() < 0.1
    on_references = prices.on(
        prices.searched(population.encode(problem.choices, problem.references)), slow
    )
    assert on_references.mean() == pytest.approx(float(slow_logs.mean()), abs=1e-4)


def test_a_search_device_is_taken_from_its_own_column() -> None:
    problem = toy_problem()
    sample = population.sample_distinct(problem.choices, 40, torch.Generator().manual_seed(0))
    prices = Prices(problem, Landscape(problem, sample).cost)
    searched = prices.searched(sample)
    device = problem.devices[1]
    expected = searched[:, 1] + prices.at_references(device).mean(0)
    torch.testing.assert_close(prices.on(searched, device), expected)


def test_devices_of_one_name_have_prices_of_their_own() -> None:
    problem = toy_problem()
    sample = population.sample_distinct(problem.choices, 40, torch.Generator().manual_seed(0))
    landscape = Landscape(problem, sample)
    prices = Prices(problem, landscape.cost)
    judge = Judge(problem, landscape, prices, sample)
    twin = ToyDevice(problem.devices[0].name, power=3.0)
    searched = prices.searched(sample)
    for device in (problem.devices[0], twin):
        architectures = problem.references
        expected = log_costs(problem, architectures, device)
        torch.testing.assert_close(prices.at_references(device), expected)
    own, other = prices.on(searched, problem.devices[0]), prices.on(searched, twin)
    assert (own - other).abs().max() > 0.5
    ends = [judge._range(device) for device in (problem.devices[0], twin)]
    assert ends[1][1] - ends[1][0] > ends[0][1] - ends[0][0]
