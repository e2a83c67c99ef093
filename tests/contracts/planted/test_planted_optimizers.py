"""Faults planted one at a time in otherwise honest optimizers; each is caught, with its message."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
import torch

from monas_core.parts.device import Device
from monas_core.problem.optimizer import StepReport
from monas_core.testing import contracts
from monas_core.testing.fake_optimizer import ToyOptimizer
from monas_core.testing.fakes import (
    toy_problem,
)
from monas_core.values.architecture import Architecture


class Deaf(ToyOptimizer):
    """Answers as for the first device, whichever it is asked for."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        return super().propose(self._problem.devices[0], wishes)


class Endless(ToyOptimizer):
    def step(self) -> StepReport:
        report = super().step()
        return StepReport(report.phase)


class Predicts(ToyOptimizer):
    def predict(self, device: Device, architectures: Sequence[Architecture]) -> list[Any]:
        names = [o.short for o in self._problem.objectives]
        rows = self._problem.evaluator.matrix(architectures, device).tolist()
        signs = [-1.0 if o.direction == "max" else 1.0 for o in self._problem.objectives]
        return [
            self.say({n: s * x for n, s, x in zip(names, signs, row, strict=True)}) for row in rows
        ]

    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return truth


class PredictsNan(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: float("nan") for name in truth}


class PredictsStrangers(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {**truth, "predict\\(\\) names": 1.0}


class PredictsBackwards(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: -value for name, value in truth.items()}


class PredictsOtherUnit(Predicts):
    def say(self, truth: dict[str, float]) -> dict[str, float]:
        return {name: 1e3 * value for name, value in truth.items()}


class TooMany(ToyOptimizer):
    def portfolio(self, device: Device, size: int, wishes: Any) -> list[Architecture]:
        return self._seen[: size + 1]


class Repeats(ToyOptimizer):
    def portfolio(self, device: Device, size: int, wishes: Any) -> list[Architecture]:
        return self._seen[:1] * size


class Slow(ToyOptimizer):
    def step(self) -> StepReport:
        if len(self._seen) == 4:
            time.sleep(0.3)
        return super().step()


class NeedsTwo(ToyOptimizer):
    def start(self, problem: Any, generator: Any) -> None:
        super().start(problem, generator)
        self.second = problem.devices[1]


class Fickle(ToyOptimizer):
    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        order = torch.randperm(len(wishes)).tolist()
        found = super().propose(device, wishes)
        return [found[i] for i in order]


class NanLoss(ToyOptimizer):
    def step(self) -> StepReport:
        report = super().step()
        return StepReport(report.phase, {"loss": float("nan")}, report.finished)


class Heedless(ToyOptimizer):
    """Answers as if no limit had been stated."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        return super().propose(device, [attrs.evolve(wish, limits=()) for wish in wishes])


class AtMost(ToyOptimizer):
    """Takes a target for a limit from above."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        below = [
            attrs.evolve(wish, limits=tuple(attrs.evolve(c, kind="max") for c in wish.limits))
            for wish in wishes
        ]
        return super().propose(device, below)


class Everywhere(ToyOptimizer):
    """A limit on one device holds back all."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        limits = tuple(attrs.evolve(c, device=None) for c in self._problem.limits)
        return super().propose(device, [attrs.evolve(wish, limits=limits) for wish in wishes])


class NoFloors(ToyOptimizer):
    """Knows limits from above alone."""

    def propose(self, device: Device, wishes: Any) -> list[Architecture]:
        above = [
            attrs.evolve(wish, limits=tuple(c for c in wish.limits if c.kind != "min"))
            for wish in wishes
        ]
        return super().propose(device, above)


OPTIMIZERS: list[tuple[type[ToyOptimizer], str, tuple[Any, ...], str]] = [
    (Deaf, "test_answers_depend_on_the_device", (), "ignores the device"),
    (Fickle, "test_answers_repeat", (), "otherwise the second time|global generator"),
    (PredictsNan, "test_predictions_are_about_the_objectives", (), "nan or inf"),
    (PredictsStrangers, "test_predictions_are_about_the_objectives", (), "predict\\(\\) names"),
    (
        PredictsBackwards,
        "test_predictions_are_about_the_objectives",
        (),
        "predict\\(\\) orders architectures on",
    ),
    (PredictsOtherUnit, "test_predictions_are_about_the_objectives", (), "wrong unit"),
    (TooMany, "test_a_portfolio_is_no_larger_than_asked", (4,), "names 5 architectures"),
    (Repeats, "test_a_portfolio_is_no_larger_than_asked", (4,), "names an architecture twice"),
]


def searched(optimizer: type[ToyOptimizer]) -> Any:
    from monas_core.testing.contracts import optimizer_answers as module

    problem = toy_problem(devices=module._unlike(), budget="30steps")
    return module._run(optimizer, problem)


@pytest.mark.parametrize(("broken", "test", "more", "told"), OPTIMIZERS)
def test_faults_of_optimizers(
    broken: type[ToyOptimizer], test: str, more: tuple[Any, ...], told: str
) -> None:
    contract = contracts.OptimizerAnswersContract()
    getattr(contract, test)(searched(Predicts), *more)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(searched(broken), *more)


@pytest.mark.parametrize(
    ("broken", "kind", "told"),
    [
        (Heedless, "max", "but an answer has"),
        (Heedless, "equal", "but an answer has"),
        (AtMost, "equal", "but an answer has"),
        (Everywhere, "max", "holds back the other"),
    ],
)
def test_faults_of_limits(broken: type[ToyOptimizer], kind: Any, told: str) -> None:
    contract = contracts.OptimizerContract()
    contract.test_limits_are_obeyed(ToyOptimizer, kind)
    with pytest.raises(AssertionError, match=told):
        contract.test_limits_are_obeyed(broken, kind)


@pytest.mark.parametrize(("broken", "kind"), [(Heedless, "max"), (NoFloors, "min")])
def test_faults_of_limits_of_a_wish(broken: type[ToyOptimizer], kind: Any) -> None:
    contract = contracts.OptimizerContract()
    contract.test_a_limit_of_a_wish_is_obeyed(searched(ToyOptimizer)[:2], kind)
    with pytest.raises(AssertionError, match=", but it has"):
        contract.test_a_limit_of_a_wish_is_obeyed(searched(broken)[:2], kind)


def test_an_optimizer_that_never_ends_is_caught() -> None:
    contract = contracts.OptimizerAnswersContract()
    contract.test_it_says_when_nothing_is_left(ToyOptimizer)
    with pytest.raises(AssertionError, match="does not say that it has finished"):
        contract.test_it_says_when_nothing_is_left(Endless)


def test_a_long_step_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from monas_core.testing.contracts import optimizer_answers as module

    monkeypatch.setattr(module, "LONGEST_STEP_S", 0.2)
    contract = contracts.OptimizerAnswersContract()
    with pytest.raises(AssertionError, match="one step takes"):
        contract.test_steps_are_short(Slow, searched(Slow))


def test_a_need_for_two_devices_and_a_loss_that_is_none_are_caught() -> None:
    contract = contracts.OptimizerAnswersContract()
    contract.test_one_device_is_enough(ToyOptimizer, 2)
    with pytest.raises(IndexError):
        contract.test_one_device_is_enough(NeedsTwo, 2)
    with pytest.raises(AssertionError, match="leave out what is not known"):
        contract.test_losses_are_numbers(NanLoss)
