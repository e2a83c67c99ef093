"""Genetic searches among predicted architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from monas_blackbox.foresight import Foresight
from monas_blackbox.genetic import GeneticSearch, Options
from monas_blackbox.ledger import Ledger
from monas_blackbox.views import views
from monas_core import state
from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.optimizer import drive
from monas_core.testing.fakes import toy_problem, true_front
from monas_core.values.front import Scale

OPTIONS = Options(quality="predictor", candidates=100, population=8)


def searched(problem: Problem, seed: int = 0, options: Options = OPTIONS) -> GeneticSearch:
    optimizer = GeneticSearch("nsga2", options)
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    drive(optimizer, problem)
    return optimizer


def test_predicted_points_are_in_the_order_of_the_true_ones() -> None:
    problem = toy_problem(budget="40evals")
    ledger = Ledger(problem)
    generator = torch.Generator().manual_seed(0)
    ledger.evaluate(ledger.draw(40, generator))
    some = views(problem, "each")
    foresight = Foresight(problem, some)
    foresight.fit(ledger, generator)
    rows = ledger.draw(20, generator)
    for place, view in enumerate(some):
        expected = foresight.points(rows, place)
        true = view.assembled([problem.choices.from_canonical(row) for row in rows.tolist()])
        for column in range(true.shape[1]):
            ordered = (np.argsort(np.argsort(v[:, column])) for v in (expected, true))
            assert np.corrcoef(*ordered)[0, 1] > 0.8


def test_the_front_is_found_and_every_value_is_an_evaluated_one() -> None:
    problem = toy_problem(budget="40evals")
    heard: list[Any] = []
    problem.evaluator.listen(heard.append)
    optimizer = searched(problem)
    assert problem.meter.evaluations == 40
    assert len({known.architecture for known in heard if known.objective == "error"}) <= 40
    for device in problem.devices:
        _, best = true_front(problem, device)
        scale = Scale(best.min(axis=0).tolist(), best.max(axis=0).tolist())
        points = problem.evaluator.matrix(optimizer.portfolio(device, 24, []), device).numpy()
        assert scale.hypervolume(points) > 0.95 * scale.hypervolume(best)


@pytest.mark.slow
def test_a_small_space_ends() -> None:
    problem = toy_problem(budget="5000evals")
    searched(problem)
    assert problem.meter.evaluations == sum(1 for _ in problem.choices.enumerate())


@pytest.mark.parametrize("at", [6, 17])
def test_resumed_equals_uninterrupted(at: int, tmp_path: Path) -> None:
    straight = searched(toy_problem(budget="32steps"), 3)
    first, before = GeneticSearch("nsga2", OPTIONS), toy_problem(budget="32steps")
    known: list[Any] = []
    before.evaluator.listen(known.append)
    first.start(before, torch.Generator().manual_seed(3))
    drive(first, before, at_most=at)
    state.save(tmp_path / "saved", first.state_dict())
    second, after = GeneticSearch("nsga2", OPTIONS), toy_problem(budget="32steps")
    after.evaluator.remember(known)
    after.meter.steps = before.meter.steps
    second.start(after, torch.Generator().manual_seed(99))
    second.load_state_dict(state.load(tmp_path / "saved"))
    drive(second, after)
    assert torch.equal(second.state_dict()["rows"], straight.state_dict()["rows"])


def test_no_candidates_are_refused() -> None:
    with pytest.raises(UsageError, match=r"options.optimizer.candidates must be at least 1"):
        Options(candidates=0)
