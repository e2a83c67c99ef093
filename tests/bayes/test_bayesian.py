"""The optimizers as wholes, on problems whose fronts are known."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from monas_bayes.optimizers import QEHVI, QNEHVI, Bayesian, QNParEGO
from monas_bayes.options import Options
from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.problem.problem import Problem
from monas_core.testing.fake_space import toy_choices
from monas_core.testing.fakes import (
    ToyEnergy,
    ToyLatency,
    ToyQuality,
    ToySpace,
    toy_problem,
    true_front,
)
from monas_core.values import population
from monas_core.values.front import Scale
from monas_core.values.preference import lattice
from monas_core.values.wish import wishes

KINDS = [QNEHVI, QEHVI, QNParEGO]
# all three are one search with another goal: what takes seconds is shown with the first of them
FIRST = [QNEHVI, *(pytest.param(kind, marks=pytest.mark.slow) for kind in (QEHVI, QNParEGO))]


class OtherQuality(ToyQuality):
    """A second objective that is queried."""

    name: ClassVar[str] = "other-quality"
    short: ClassVar[str] = "otherq"

    def _quality(self, relaxation: Any) -> torch.Tensor:
        return 100.0 - 0.01 * (super()._quality(relaxation) - 60.0) ** 2


class GappySpace(ToySpace):
    """Every third architecture has no values."""

    def available(self, rows: torch.Tensor) -> torch.Tensor:
        """Told by the sum of the indices."""
        return rows.sum(1) % 3 != 0


class LargeSpace(ToySpace):
    """59,046 architectures: more than are looked at."""

    def __init__(self, preset: str = "tiny") -> None:
        super().__init__(preset)
        self.choices = toy_choices(9, (4, 8, 16))


def run(problem: Problem, kind: type[Bayesian], options: Options | None = None) -> Bayesian:
    optimizer = kind(options)
    optimizer.start(problem, torch.Generator().manual_seed(3))
    drive(optimizer, problem)
    return optimizer


def drive(optimizer: Bayesian, problem: Problem) -> None:
    while problem.meter.left > 0 and not optimizer.step().finished:
        problem.meter.steps += 1


def share(problem: Problem, optimizer: Bayesian, size: int = 78) -> float:
    """Smallest share of the true hypervolume that a portfolio reaches on a device."""
    shares: list[float] = []
    for device in problem.devices:
        _, truth = true_front(problem, device)
        scale = Scale(truth.min(axis=0), truth.max(axis=0))
        found = optimizer.portfolio(device, size, [])
        assert len(set(found)) == len(found) <= size
        points = problem.evaluator.matrix(found, device).numpy()
        shares.append(scale.hypervolume(points) / scale.hypervolume(truth))
    return min(shares)


@pytest.mark.parametrize("kind", FIRST)
def test_half_the_space_gives_almost_the_whole_front(kind: type[Bayesian]) -> None:
    problem = toy_problem(budget="36evals")
    optimizer = run(problem, kind)
    spent = problem.meter.evaluations
    assert spent == 36
    assert share(problem, optimizer) > 0.97


@pytest.mark.parametrize("kind", KINDS)
def test_budget_is_kept_to_the_last_query(kind: type[Bayesian]) -> None:
    problem = toy_problem(budget="21evals")
    run(problem, kind, Options(initial_queries=5, batch=6, samples=8))
    assert problem.meter.evaluations == 21


@pytest.mark.parametrize("kind", FIRST)
def test_only_what_has_values_is_evaluated(kind: type[Bayesian]) -> None:
    problem = toy_problem(space=GappySpace(), budget="200evals")
    optimizer = run(problem, kind, Options(samples=8))
    rows = population.encode(problem.choices, problem.evaluator.queried())
    assert problem.available(rows).all()
    everything = population.encode(problem.choices, problem.choices.enumerate())
    assert len(rows) == int(problem.available(everything).sum()), "and all of it"
    named = optimizer.portfolio(problem.devices[0], 12, [])
    assert problem.available(population.encode(problem.choices, named)).all()


@pytest.mark.parametrize("kind", FIRST)
def test_resumed_equals_uninterrupted(kind: type[Bayesian], tmp_path: Any) -> None:
    options = Options(initial_queries=10, batch=5, samples=16)
    straight = toy_problem(budget="35evals")
    whole = run(straight, kind, options)

    first = toy_problem(budget="35evals")
    known: list[Any] = []
    first.evaluator.listen(known.append)
    broken = kind(options)
    broken.start(first, torch.Generator().manual_seed(3))
    for _ in range(4):
        broken.step()
    state.save(tmp_path / "saved", broken.state_dict())

    second = toy_problem(budget="35evals")
    second.evaluator.remember(known)
    resumed = kind(options)
    resumed.start(second, torch.Generator().manual_seed(99))
    resumed.load_state_dict(state.load(tmp_path / "saved"))
    drive(resumed, second)
    assert second.evaluator.queried() == straight.evaluator.queried()
    for name, value in whole.state_dict()["hyperparameters"].items():
        assert torch.equal(resumed.state_dict()["hyperparameters"][name], value), name
    device = straight.devices[1]
    assert resumed.portfolio(device, 30, []) == whole.portfolio(device, 30, [])


@pytest.mark.parametrize("kind", KINDS)
def test_randomness_elsewhere_is_left_alone(kind: type[Bayesian]) -> None:
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    problem = toy_problem(budget="24evals")
    optimizer = run(problem, kind, Options(samples=8))
    optimizer.portfolio(problem.devices[0], 40, [])
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == numbers).all()  # noqa: NPY002


def test_a_large_space_is_searched_around_the_front() -> None:
    problem = toy_problem(space=LargeSpace(), budget="60evals")
    optimizer = run(problem, QNEHVI, Options(samples=16, pool=128, shortlist=32))
    rest = toy_problem(space=LargeSpace(), budget="60evals")
    drawn = population.decode(rest.choices, rest.draw(60, torch.Generator().manual_seed(0)))
    for device in problem.devices:
        chance = rest.evaluator.matrix(drawn, device).numpy()
        found = problem.evaluator.matrix(optimizer.portfolio(device, 20, []), device).numpy()
        both = np.concatenate([chance, found])
        scale = Scale(both.min(axis=0), both.max(axis=0))
        assert scale.hypervolume(found) > scale.hypervolume(chance) + 0.005


@pytest.mark.parametrize("kind", FIRST)
@pytest.mark.parametrize(
    "objectives",
    [[ToyQuality()], [ToyLatency(), ToyQuality(), OtherQuality()], [ToyQuality(), OtherQuality()]],
    ids=["one", "two queried, one cost", "two queried"],
)
def test_any_mixture_of_objectives(kind: type[Bayesian], objectives: Sequence[Any]) -> None:
    problem = toy_problem(objectives=objectives, budget="28evals")
    optimizer = run(problem, kind, Options(samples=8))
    assert problem.meter.evaluations == 28
    assert share(problem, optimizer) > 0.9


def test_a_portfolio_does_not_query_and_keeps_to_its_size() -> None:
    problem = toy_problem(budget="24evals")
    optimizer = run(problem, QNEHVI, Options(samples=8))
    for size in (1, 3, 24, 1000):
        found = optimizer.portfolio(problem.devices[0], size, [])
        assert 1 <= len(set(found)) == len(found) <= size
    assert problem.meter.evaluations == 24


def test_answers_before_the_first_step() -> None:
    problem = toy_problem()
    optimizer = QNEHVI()
    optimizer.start(problem, torch.Generator())
    names = [objective.short for objective in problem.objectives]
    assert len(optimizer.propose(problem.devices[0], wishes(lattice(names, 4)))) == 5
    assert optimizer.portfolio(problem.devices[0], 4, [])


def test_without_a_queried_objective_it_says_so() -> None:
    problem = toy_problem(objectives=[ToyLatency(), ToyEnergy()])
    with pytest.raises(UsageError, match=r"toyl, toye.*add one that is evaluated"):
        QEHVI().start(problem, torch.Generator())


@pytest.mark.parametrize(
    ("name", "value"), [("batch", 0), ("samples", 0), ("initial_queries", 1), ("fit_steps", -1)]
)
def test_options_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(UsageError, match=rf"options\.optimizer\.{name} must be at least"):
        Options(**{name: value})


def test_a_batch_too_large_for_inclusion_and_exclusion_is_refused() -> None:
    with pytest.raises(UsageError, match=r"at most 12, got 13.*qnehvi"):
        QEHVI(Options(batch=13))


@pytest.mark.parametrize("name", ["qnehvi", "qehvi", "qnparego"])
def test_missing_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog.installed()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda module: None if module == "botorch" else find(module)
    )
    with pytest.raises(UsageError, match=r"needs the package botorch.*monas\[bayes\]"):
        catalog.create("optimizer", name)
