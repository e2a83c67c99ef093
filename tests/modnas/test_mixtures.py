"""Mixtures of devices: their costs, their drawing, and what is asked about them."""

from __future__ import annotations

import pytest
import torch

from monas_core.testing.fakes import ToyDevice, toy_problem
from monas_modnas.mixtures import Mixture, drawn
from monas_modnas.optimizer import MODNAS
from monas_modnas.options import Options

DEVICES = [ToyDevice(f"toy-{power}", power=power) for power in (0.6, 0.9, 1.3)]


@pytest.fixture(scope="module")
def started() -> MODNAS:
    optimizer = MODNAS(Options(initial_queries=24, cost_samples=64, first_steps=25))
    problem = toy_problem(budget="5steps", devices=DEVICES)
    optimizer.start(problem, torch.Generator().manual_seed(0))
    while optimizer._stage != "proposing":
        optimizer.step()
    return optimizer


def test_halfway_costs_are_geometric_means() -> None:
    costs = torch.rand(6, 3, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    halfway = Mixture(0, 2, 0.5).costs(costs.log()).exp()
    torch.testing.assert_close(halfway, (costs[:, 0] * costs[:, 2]).sqrt())


def test_beyond_a_device_its_difference_to_the_other_goes_on() -> None:
    logs = torch.tensor([[[1.0], [3.0]]])
    assert Mixture(0, 1, 1.5).costs(logs).item() == pytest.approx(4.0)
    assert Mixture(0, 1, -0.5).costs(logs).item() == pytest.approx(0.0)


def test_drawn_are_pairs_of_distinct_devices_within_reach() -> None:
    found = drawn(500, 3, torch.Generator().manual_seed(0))
    assert {(m.first, m.second) for m in found} == {
        (a, b) for a in range(3) for b in range(3) if a != b
    }
    shares = torch.tensor([m.share for m in found])
    assert -0.5 <= shares.min() < -0.45
    assert 1.45 < shares.max() <= 1.5
    assert found == drawn(500, 3, torch.Generator().manual_seed(0))


def test_a_single_device_has_no_mixtures() -> None:
    assert drawn(4, 1, torch.Generator()) == []


@pytest.mark.parametrize("position", range(3))
def test_a_mixture_at_its_end_is_judged_as_that_device(started: MODNAS, position: int) -> None:
    judge, end = started._judge, Mixture((position + 1) % 3, position, 1.0)
    opinions = judge.opinions(started._rows)
    expected = judge.linear(opinions, DEVICES[position], 1.0)
    torch.testing.assert_close(judge.linear(opinions, end, 1.0), expected, rtol=1e-4, atol=1e-5)


def test_fronts_of_mixtures_are_asked_about(started: MODNAS) -> None:
    answers, known = started.answers, started._rows
    opinions = answers.candidates(DEVICES, known, 0, torch.Generator())
    alone = answers._memberships(opinions, DEVICES[:1], known, 4)
    more = answers._memberships(opinions, [DEVICES[0], Mixture(1, 2, 1.4)], known, 4)
    assert (more >= alone).all()
    assert ((more > 0) & (alone == 0)).any()
