"""What a search answers: for the device it is asked for, the same again, as it promised."""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.optimizer import Optimizer
from monas_core.problem.problem import Problem
from monas_core.testing.contracts.base import Contract, subject_of
from monas_core.testing.contracts.optimizer import _wishes, drive
from monas_core.testing.fakes import ToyDevice, ToyEnergy, ToyLatency, ToyQuality, toy_problem
from monas_core.testing.stages import TOY_PROVIDES
from monas_core.values.budget import Meter

LONGEST_STEP_S = 4.0
"""Wall-clock of one step on a problem of 78 architectures; Ctrl-C waits for it."""
STEPS = 2000
"""Within so many steps whoever has evaluated everything must say so."""
ORDER = 0.3
"""Least rank correlation of predictions with the truth, over architectures of one device."""


class OptimizerAnswersContract(Contract):
    """An optimizer on toy problems; override ``subject`` with a function that makes yours."""

    kind: ClassVar[str | None] = "optimizer"
    heading: ClassVar[str] = "Optimizers"
    budget: ClassVar[str] = "30steps"
    reads: ClassVar[str] = "monas_core.problem.optimizer.Optimizer"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry, catalog: Catalog) -> Any:
        """A function that returns a new optimizer with default options."""
        return subject_of(entry, TOY_PROVIDES, catalog)

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, subject: Any) -> tuple[Optimizer, Problem, list[float]]:
        """An optimizer that has spent its budget, and the seconds of each of its steps."""
        return _run(subject, toy_problem(devices=_unlike(), budget=cls.budget))

    def test_steps_are_short(self, subject: Any, finished: Any) -> None:
        longest = max(finished[2])
        if longest > LONGEST_STEP_S:  # once more: the machine may have been busy
            longest = max(_run(subject, toy_problem(devices=_unlike(), budget=self.budget))[2])
        assert longest <= LONGEST_STEP_S, (
            f"one step takes {longest:.1f} s on a toy problem: stopping must feel immediate, and "
            "checkpoints are written between steps. Do less in each"
        )

    def test_answers_depend_on_the_device(self, finished: Any) -> None:
        optimizer, problem, _ = finished
        answers = [tuple(optimizer.propose(d, _wishes(problem, 11))) for d in problem.devices]
        assert len(set(answers)) > 1, (
            "answers to eleven wishes are the same on two devices on which other choices are dear: "
            "propose() ignores the device it is given"
        )

    def test_answers_repeat(self, finished: Any) -> None:
        optimizer, problem, _ = finished
        asked, device = _wishes(problem, 7), problem.devices[0]
        state = torch.get_rng_state()
        first, again = (optimizer.propose(device, asked) for _ in range(2))
        assert first == again, "propose() answers otherwise the second time"
        assert torch.equal(torch.get_rng_state(), state), (
            "propose() draws from the global generator"
        )

    def test_predictions_are_about_the_objectives(self, finished: Any) -> None:
        optimizer, problem, _ = finished
        everything = list(problem.choices.enumerate())
        shorts = [objective.short for objective in problem.objectives]
        for device in problem.devices:
            asked = everything[::3]
            found = optimizer.predict(device, asked)
            assert len(found) == len(asked), "predict() must answer for each architecture"
            if not any(found):
                continue
            unknown = {name for prediction in found for name in prediction} - set(shorts)
            assert not unknown, f"predict() names {unknown}, objectives are {', '.join(shorts)}"
            for index, objective in enumerate(problem.objectives):
                guess = np.array([p.get(objective.short, math.nan) for p in found], dtype=float)
                if np.isnan(guess).all() and not any(objective.short in p for p in found):
                    continue
                assert np.isfinite(guess).all(), f"predict() gives {objective.short} = nan or inf"
                true = _truth(problem, asked, device)[:, index]
                _check_prediction(objective.short, device.name, true, guess)

    @pytest.mark.parametrize("size", [1, 4, 24])
    def test_a_portfolio_is_no_larger_than_asked(self, finished: Any, size: int) -> None:
        optimizer, problem, _ = finished
        spent = problem.meter.evaluations
        for device in (*problem.devices, ToyDevice("never-seen", power=3.0)):
            found = optimizer.portfolio(device, size, _wishes(problem, max(size, 2)))
            assert 1 <= len(found) <= size, (
                f"portfolio() of {size} names {len(found)} architectures"
            )
            assert len(set(found)) == len(found), "portfolio() names an architecture twice"
            assert all(problem.choices.from_json(a.to_json()) == a for a in found)
        assert problem.meter.evaluations == spent, "portfolio() queried quality"

    @pytest.mark.parametrize("objectives", [1, 2, 3])
    def test_one_device_is_enough(self, subject: Any, objectives: int) -> None:
        chosen = [ToyQuality(), ToyLatency(), ToyEnergy()][:objectives]
        problem = toy_problem(objectives=chosen, devices=[ToyDevice("only")], budget="6steps")
        optimizer, problem, _ = _run(subject, problem)
        asked = _wishes(problem, 3)
        assert len(optimizer.propose(problem.devices[0], asked)) == len(asked)

    def test_it_says_when_nothing_is_left(self, subject: Any) -> None:
        from monas_core.testing.fakes import ToySpace

        problem = toy_problem(space=ToySpace.tiny(), budget="500evals")
        optimizer = subject()
        optimizer.start(problem, torch.Generator().manual_seed(0))
        reports = drive(optimizer, problem, at_most=STEPS)
        assert reports[-1].finished, (
            f"after {len(reports)} steps and {problem.meter.evaluations} of 12 architectures it "
            "does "
            "not say that it has finished: a budget of more evaluations than there are would never "
            "end. Return StepReport(finished=True) when nothing is left to evaluate"
        )

    def test_losses_are_numbers(self, subject: Any) -> None:
        optimizer, problem = subject(), toy_problem(budget="8steps")
        optimizer.start(problem, torch.Generator().manual_seed(0))
        for report in drive(optimizer, problem):
            bad = {k: v for k, v in report.losses.items() if not math.isfinite(v)}
            assert not bad, f"step() reports {bad}: leave out what is not known"


def _unlike() -> list[ToyDevice]:
    """Two devices on which very different choices are dear."""
    return [ToyDevice("toy-a", power=4.0), ToyDevice("toy-z", power=0.3)]


def _run(subject: Any, problem: Problem) -> tuple[Optimizer, Problem, list[float]]:
    optimizer = subject()
    optimizer.start(problem, torch.Generator().manual_seed(0))
    seconds: list[float] = []
    while problem.meter.left > 0:
        begin = time.perf_counter()
        reports = drive(optimizer, problem, at_most=1)
        seconds.append(time.perf_counter() - begin)
        if not reports or reports[-1].finished:
            break
    return optimizer, problem, seconds


def _truth(problem: Problem, asked: Any, device: Any) -> Any:
    """Values ``(n, M)`` in the direction of each objective."""
    from monas_core.parts.objective import sign

    evaluator = Evaluator(problem.context, problem.objectives, Meter(problem.meter.budget))
    signs = np.array([sign(objective) for objective in problem.objectives])
    return evaluator.matrix(asked, device, exact=True).numpy() * signs


def _check_prediction(name: str, device: str, true: Any, guess: Any) -> None:
    order = np.corrcoef(rankdata(true), rankdata(guess))[0, 1] if np.ptp(guess) > 0 else 0.0
    assert order >= ORDER, (
        f"predict() orders architectures on {device} otherwise than {name} does (rank correlation "
        f"{order:.2f}); predictions have the unit and direction of the objective"
    )
    error = float(np.median(np.abs(guess - true)) / np.ptp(true))
    assert error <= 0.5, (
        f"predict() misses {name} on {device} by {error:.0%} of its whole range: wrong unit?"
    )
