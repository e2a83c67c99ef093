"""A search algorithm on a problem whose true front is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import attrs
import numpy as np
import pytest
import torch

from monas_core import state
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.parts.device import Device
from monas_core.problem.optimizer import Answer, Optimizer, StepReport
from monas_core.problem.problem import Problem
from monas_core.record.archive import Known
from monas_core.testing.contracts.base import Contract, Subject, assert_same, made, subject_of
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEnergy,
    ToyLatency,
    ToyQuality,
    toy_problem,
    true_front,
)
from monas_core.testing.stages import TOY_PROVIDES
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, Kind
from monas_core.values.preference import Preference, lattice_of_size
from monas_core.values.wish import Wish, wishes

_SECONDS_PER_STEP = 0.05
"""Fed to the meter in place of the clock, so that two runs can be equal."""


class OptimizerContract(Contract):
    """An optimizer on toy problems; override ``subject`` with a function that makes yours.

    Attributes:
        budget: Enough to find the ends of a front of 78 architectures.
        tolerance: Distance from an end that counts as reached, as a share of the range.
    """

    kind: ClassVar[str | None] = "optimizer"
    heading: ClassVar[str] = "Optimizers"
    reads: ClassVar[str] = "monas_core.problem.optimizer.Optimizer"
    headings: ClassVar[Mapping[str, str]] = {
        "test_limits_are_obeyed": "Limits",
        "test_a_limit_of_a_wish_is_obeyed": "Limits",
        "test_a_limit_nothing_meets_is_answered": "Limits",
    }
    budget: ClassVar[str] = "40steps"
    tolerance: ClassVar[float] = 0.05

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry, catalog: Catalog) -> Subject:
        """A function that returns a new optimizer, with options if it is given any."""
        return subject_of(entry, TOY_PROVIDES, catalog)

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, subject: Subject) -> tuple[Optimizer, Problem]:
        """An optimizer that has spent its budget."""
        optimizer, problem = subject(), toy_problem(budget=cls.budget)
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem)
        return optimizer, problem

    def test_steps_report(self, subject: Subject) -> None:
        optimizer, problem = subject(), toy_problem(budget="6steps")
        optimizer.start(problem, torch.Generator().manual_seed(0))
        for report in drive(optimizer, problem):
            assert isinstance(report, StepReport)
            assert report.phase
            assert all(isinstance(loss, float) for loss in report.losses.values())

    def test_global_randomness_is_left_alone(self, subject: Subject) -> None:
        before = torch.get_rng_state()
        optimizer, problem = subject(), toy_problem(budget="4steps")
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem)
        assert torch.equal(torch.get_rng_state(), before), (
            "draws from torch's global generator; draw from the one that start() is given"
        )

    def test_proposals_are_valid_on_any_device(self, finished: tuple[Optimizer, Problem]) -> None:
        optimizer, problem = finished
        asked = _wishes(problem, 11)
        spent = problem.meter.evaluations
        for device in (*problem.devices, ToyDevice("never-seen", power=3.0)):
            found = optimizer.propose(device, asked)
            assert len(found) == len(asked), (
                f"propose() answers {len(asked)} wishes with {len(found)} architectures"
            )
            for architecture in found:
                assert problem.choices.from_json(architecture.to_json()) == architecture
        assert problem.meter.evaluations == spent, "propose queried quality"

    def test_extreme_preferences_reach_the_ends(self, finished: tuple[Optimizer, Problem]) -> None:
        optimizer, problem = finished
        _skip_without_front(optimizer)
        names = [objective.short for objective in problem.objectives]
        for device in problem.devices:
            _, front = true_front(problem, device)
            low, width = front.min(axis=0), front.max(axis=0) - front.min(axis=0)
            for index, name in enumerate(names):
                (found,) = optimizer.propose(
                    device, [Wish(Preference.normalised({name: 1.0}, names))]
                )
                point = _exact(problem, [found], device)[0]
                miss = (point[index] - low[index]) / width[index]
                assert miss <= self.tolerance, f"{name} on {device.name}: {miss:.0%} off the end"

    def test_wishes_are_told_apart(self, finished: tuple[Optimizer, Problem]) -> None:
        optimizer, problem = finished
        _skip_without_front(optimizer)
        found = optimizer.propose(problem.devices[0], _wishes(problem, 11))
        assert len(set(found)) >= 3, "one architecture for every wish is no front"

    @pytest.mark.parametrize("count", [1, 3], ids="{}-objectives".format)
    def test_any_number_of_objectives(self, subject: Subject, count: int) -> None:
        objectives = [ToyQuality(), ToyLatency(), ToyEnergy()][:count]
        optimizer = subject()
        problem = toy_problem(objectives=objectives, budget="16steps")
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem)
        asked = _wishes(problem, 4)
        assert len(optimizer.propose(problem.devices[0], asked)) == len(asked)

    @pytest.mark.parametrize("kind", ["max", "equal"])
    def test_limits_are_obeyed(self, subject: Subject, kind: Kind) -> None:
        """On one device alone, by every answer that can; the other device stays free."""
        limit = _reachable(kind, "toy-a")
        problem = attrs.evolve(toy_problem(budget=self.budget), limits=(limit,))
        optimizer = subject()
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem)
        limited, free = problem.devices
        for asked in (_wishes(problem, 11, limited), _wishes(problem, 1, limited)):
            for answers in (
                optimizer.propose(limited, asked),
                optimizer.portfolio(limited, 8, asked),
            ):
                assert answers
                values = _exact(problem, answers, limited)[:, 1]
                missed = [value for value in values if limit.violation(value) > 0.0]
                assert not missed, f"{limit.said('ms')}, but an answer has {missed[0]:.4g} ms"
        best = _exact(problem, optimizer.propose(free, _wishes(problem, 11, free)), free)
        assert (best[:, 0] < _exact(problem, answers, limited)[:, 0].min() + 1e-9).any(), (
            "a limit on one device holds back the other"
        )

    @pytest.mark.parametrize("kind", ["max", "min"])
    def test_a_limit_of_a_wish_is_obeyed(
        self, finished: tuple[Optimizer, Problem], kind: Kind
    ) -> None:
        """Also one that the search did not know of, and one from below."""
        optimizer, problem = finished
        limit = _reachable(kind, None)
        for wish in _wishes(problem, 5):
            (found,) = optimizer.propose(problem.devices[0], [attrs.evolve(wish, limits=(limit,))])
            value = _exact(problem, [found], problem.devices[0])[0, 1]
            assert limit.violation(value) == 0.0, f"{limit.said('ms')}, but it has {value:.4g} ms"

    def test_a_limit_nothing_meets_is_answered(self, subject: Subject) -> None:
        limit = Constraint("toyl", "max", 1e-3)
        problem = attrs.evolve(toy_problem(budget="12steps"), limits=(limit,))
        optimizer = subject()
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem)
        asked = _wishes(problem, 3, problem.devices[0])
        assert len(optimizer.propose(problem.devices[0], asked)) == len(asked)

    def test_budget_of_evaluations_is_kept(self, subject: Subject) -> None:
        optimizer, problem = subject(), toy_problem(budget="30evals")
        optimizer.start(problem, torch.Generator().manual_seed(0))
        drive(optimizer, problem, at_most=60)
        spent = problem.meter.evaluations
        assert spent <= 30, f"a budget of 30 evaluations was overdrawn: {spent}"

    def test_resumed_equals_uninterrupted(
        self, subject: Subject, tmp_path: Path, variant: dict[str, Any]
    ) -> None:
        straight, problem = made(subject, variant), toy_problem(budget="24steps")
        known: list[Known] = []
        problem.evaluator.listen(known.append)
        straight.start(problem, torch.Generator().manual_seed(1))
        reports = drive(straight, problem, at_most=14)
        # the run saves weights and deposited networks, too
        weights = problem.context.require_supernet().state_dict()
        deposits = problem.context.deposits.state()
        saved_state = {"optimizer": straight.state_dict(), "supernet": weights}
        state.save(tmp_path / "saved", {**saved_state, "deposits": deposits})
        after = toy_problem(budget="24steps")
        after.evaluator.remember(known)
        after.meter.steps, after.meter.seconds = problem.meter.steps, problem.meter.seconds
        if not reports[-1].finished:
            drive(straight, problem)  # as if nothing had been saved

        second = made(subject, variant)
        saved = state.load(tmp_path / "saved")
        after.context.require_supernet().load_state_dict(saved["supernet"])
        after.context.deposits.restore(after.context.space, saved["deposits"])
        second.start(after, torch.Generator().manual_seed(1))
        second.load_state_dict(saved["optimizer"])
        if not reports[-1].finished:
            drive(second, after)

        assert_same(second.state_dict(), straight.state_dict(), "state")
        ends = [p.context.require_supernet().state_dict() for p in (after, problem)]
        assert_same(ends[0], ends[1], "supernet")
        kept = [p.context.deposits.state() for p in (after, problem)]
        assert_same(kept[0], kept[1], "deposits")
        asked = _wishes(problem, 11)
        for device in problem.devices:
            same = second.propose(device, asked) == straight.propose(device, asked)
            assert same, f"answers on {device.name} differ after resuming"


def _skip_without_front(optimizer: Optimizer) -> None:
    assert optimizer.answers_with in get_args(Answer), (
        "answers_with must say what an optimizer answers with"
    )
    if optimizer.answers_with != "front":
        pytest.skip(f"declares that it answers {optimizer.answers_with}, not with a front")


def drive(optimizer: Optimizer, problem: Problem, at_most: int = 10_000) -> list[StepReport]:
    """Step as the engine does until the budget is spent; the clock is made up."""
    reports: list[StepReport] = []
    while problem.meter.left > 0 and len(reports) < at_most:
        reports.append(optimizer.step())
        problem.meter.steps += 1
        problem.meter.seconds += _SECONDS_PER_STEP
        if reports[-1].finished:
            break
    return reports


def _wishes(problem: Problem, count: int, device: Device | None = None) -> list[Wish]:
    """A lattice of wishes; with a device, under its limits."""
    names = [objective.short for objective in problem.objectives]
    limits = problem.limits_on(device) if device is not None else ()
    return wishes(lattice_of_size(names, count), limits)


def _reachable(kind: Kind, device: str | None) -> Constraint:
    """A limit on toy latency that a third of the front of ``toy-a`` meets, or one near a member."""
    problem = toy_problem()
    latencies = np.sort(true_front(problem, problem.devices[0])[1][:, 1])
    bound = float(latencies[len(latencies) // 3])
    return Constraint("toyl", kind, bound, 0.1 if kind == "equal" else 0.0, device)


def _exact(problem: Problem, architectures: Sequence[Architecture], device: Any) -> Any:
    """Minimised values ``(n, M)`` from the formulas themselves."""
    from monas_core.problem.evaluator import Evaluator
    from monas_core.values.budget import Meter

    evaluator = Evaluator(problem.context, problem.objectives, Meter(problem.meter.budget))
    return evaluator.matrix(architectures, device, exact=True).numpy()
