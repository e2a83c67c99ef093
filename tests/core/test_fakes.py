"""The fakes are what their names say: a known front that has to be searched for."""

from __future__ import annotations

import numpy as np
import torch

from monas_core.testing.fakes import ToyLatency, ToyQuality, ToySpace, toy_problem, true_front
from monas_core.values import population
from monas_core.values.relaxation import Relaxation


def test_sizes_are_as_documented() -> None:
    assert ToySpace().choices.cardinality() == 78
    assert ToySpace.tiny().choices.cardinality() == 12


def test_front_is_non_dominated_and_complete() -> None:
    problem = toy_problem()
    device = problem.devices[0]
    members, points = true_front(problem, device)
    everything = list(problem.choices.enumerate())
    table = problem.evaluator.matrix(everything, device).numpy()
    for row, architecture in zip(table, everything, strict=True):
        beaten = ((points <= row).all(1) & (points < row).any(1)).any()
        assert beaten != (architecture in members)
    assert 5 < len(members) < 78


def test_fronts_differ_between_devices() -> None:
    problem = toy_problem()
    first, second = (set(true_front(problem, device)[0]) for device in problem.devices)
    assert first != second


def test_enumerating_the_front_costs_no_budget() -> None:
    problem = toy_problem()
    true_front(problem, problem.devices[0])
    assert problem.meter.evaluations == 0


def test_relaxed_values_of_one_hot_rows_are_the_values() -> None:
    problem = toy_problem()
    rows = population.sample(problem.choices, 20, torch.Generator().manual_seed(0))
    relaxation = Relaxation.from_population(problem.choices, rows)
    architectures = population.decode(problem.choices, rows)
    for objective in (ToyQuality(), ToyLatency()):
        relaxed = objective.relaxed(relaxation, problem.devices, problem.context)
        for index, device in enumerate(problem.devices):
            found = problem.evaluator.values(objective, architectures, device)
            expected = [value.value for value in found]
            np.testing.assert_allclose(relaxed[index].numpy(), expected, rtol=1e-6)


def test_same_weights_every_time() -> None:
    first, second = toy_problem().context.supernet, toy_problem().context.supernet
    assert first is not None
    assert second is not None
    for left, right in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(left, right)
