"""Diversity of cost: its formula, who survives by it, and that nothing else sees it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
import torch

from monas_blackbox.genetic import GeneticSearch, Options
from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.record.config import load_config
from monas_core.running.resolving import resolve
from monas_core.testing.fakes import ToyLatency, ToyQuality, toy_problem
from monas_guides.diversity import Diversity, spread


def _chi(costs: list[float]) -> list[float]:
    return [sum((a - b) ** 2 for b in costs) for a in costs]


def test_it_is_the_sum_of_squared_differences() -> None:
    costs = [1.0, 2.5, 2.5, 7.0, 4.0]
    assert spread(np.array(costs)) == pytest.approx(_chi(costs))


def test_it_is_computed_anew_for_another_population() -> None:
    guide, objectives = Diversity(), [ToyQuality(), ToyLatency()]
    points = np.random.default_rng(0).uniform(1.0, 9.0, (20, 2))
    whole, part = guide.columns(objectives, points), guide.columns(objectives, points[:5])
    assert whole[:5] != pytest.approx(part)
    assert (whole < 0).all(), "it is minimised"


def test_without_a_cost_there_is_no_diversity() -> None:
    with pytest.raises(UsageError, match="add a cost"):
        Diversity().check([ToyQuality()])


def _searched(guides: tuple[Diversity, ...], seed: int = 0) -> tuple[GeneticSearch, Problem]:
    problem = toy_problem(budget="48evals")
    problem = attrs.evolve(problem, guides=guides, devices=problem.devices[:1])
    optimizer = GeneticSearch("nsga2", Options(population=8, batch=8))
    optimizer.start(problem, torch.Generator().manual_seed(seed))
    while problem.meter.left > 0 and not optimizer.step().finished:
        pass
    return optimizer, problem


def test_survivors_stay_apart_in_cost() -> None:
    optimizer, problem = _searched((Diversity(),))
    alive = optimizer.state_dict()["alive"]["alive"]["toy-a"]
    assert len(alive) == 8
    ledger = optimizer._ledger.architectures
    costs = problem.evaluator.matrix(ledger, problem.devices[0]).numpy()[:, 1]
    chosen = float(np.mean(spread(costs[alive])))
    generator = np.random.default_rng(0)
    drawn = [np.mean(spread(generator.choice(costs, 8, replace=False))) for _ in range(200)]
    assert chosen > np.quantile(drawn, 0.9)


def test_fronts_do_not_see_it() -> None:
    optimizer, problem = _searched((Diversity(),))
    points = problem.evaluator.matrix(optimizer._ledger.architectures, problem.devices[0])
    assert points.shape[1] == len(problem.objectives) == 2


def test_resumed_equals_uninterrupted(tmp_path: Any) -> None:
    def started() -> tuple[GeneticSearch, Problem]:
        problem = attrs.evolve(toy_problem(budget="60evals"), guides=(Diversity(),))
        optimizer = GeneticSearch("nsga2", Options(population=8, batch=4))
        optimizer.start(problem, torch.Generator().manual_seed(3))
        return optimizer, problem

    straight, _ = started()
    for _ in range(7):
        straight.step()
    first, before = started()
    for _ in range(4):
        first.step()
    state.save(tmp_path / "saved", first.state_dict())
    second, after = started()
    for objective in after.objectives:
        after.evaluator.values(objective, first._ledger.architectures, after.devices[0])
    after.meter.evaluations = before.meter.evaluations
    second.load_state_dict(state.load(tmp_path / "saved"))
    for _ in range(3):
        second.step()
    assert torch.equal(second._ledger.rows, straight._ledger.rows)
    assert second.state_dict()["alive"] == straight.state_dict()["alive"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"guides": "diverse"}, 'No guide "diverse". Did you mean "diversity"'),
        ({"guides": "diversity,diversity"}, "named twice"),
        ({"optimizer": "random"}, 'needs "guided"'),
        ({"options": {"optimizer": {"quality": "predictor"}}}, ""),
    ],
)
def test_guides_that_do_not_fit_are_refused(asked: dict[str, Any], told: str) -> None:
    usual = {
        "space": "nasbench201",
        "objectives": "acc,params",
        "optimizer": "nsga2",
        "guides": "diversity",
    }
    config = load_config(None, usual | asked)
    if not told:  # seen when the search starts, which is still before anything is evaluated
        problem = toy_problem()
        optimizer = GeneticSearch("nsga2", Options(quality="predictor"))
        with pytest.raises(UsageError, match="no guide steers"):
            optimizer.start(
                attrs.evolve(problem, guides=(Diversity(),)), torch.Generator().manual_seed(0)
            )
        return
    with pytest.raises(UsageError, match=told):
        resolve(config, Catalog.installed())
