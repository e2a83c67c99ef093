"""The evaluator: each value once, counted, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
import torch

from monas_core.errors import PluginError
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.problem import Problem
from monas_core.record.archive import Known
from monas_core.testing.fakes import ToyDevice, ToyLatency, ToyQuality, toy_problem
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Budget, Meter
from monas_core.values.value import Value


class Counting(ToyQuality):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Architecture]] = []

    def evaluate(
        self, architectures: Sequence[Architecture], device: Device | None, *args: Any
    ) -> list[Value]:
        assert device is None, "a device is given only to objectives that read one"
        split = args[1] if len(args) > 1 else "search"
        self.asked += [(split, architecture) for architecture in architectures]
        return super().evaluate(architectures, device, *args)


@pytest.fixture
def quality() -> Counting:
    return Counting()


@pytest.fixture
def problem(quality: Counting) -> Problem:
    return toy_problem(objectives=[quality, ToyLatency()], budget="50evals")


@pytest.fixture
def members(problem: Problem) -> list[Architecture]:
    return list(problem.choices.enumerate())[:5]


def test_quality_is_asked_once_for_all_devices(
    problem: Problem, quality: Counting, members: list[Architecture]
) -> None:
    for device in problem.devices:
        problem.evaluator.matrix(members, device)
        problem.evaluator.values(quality, [*members, members[0]], device)
    assert [architecture for _, architecture in quality.asked] == members


def test_only_quality_on_the_search_split_counts(
    problem: Problem, quality: Counting, members: list[Architecture]
) -> None:
    evaluator, device = problem.evaluator, problem.devices[0]
    evaluator.values(ToyLatency(), members, device)
    evaluator.values(quality, members, None, "final")
    assert problem.meter.evaluations == 0
    evaluator.values(quality, members[:2], None)
    evaluator.values(quality, members[:3], None)
    assert problem.meter.evaluations == 3
    assert evaluator.queried() == members[:3]


def test_splits_are_kept_apart(
    problem: Problem, quality: Counting, members: list[Architecture]
) -> None:
    search, final = (
        problem.evaluator.values(quality, members[:1], None, split)[0].value
        for split in ("search", "final")
    )
    assert final == pytest.approx(0.99 * search)


def test_matrix_is_minimised_and_in_order(problem: Problem, members: list[Architecture]) -> None:
    device = problem.devices[1]
    table = problem.evaluator.matrix(members, device)
    assert table.shape == (5, 2)
    assert table.dtype == torch.float64
    qualities = ToyQuality().evaluate(members, None, problem.context)
    latencies = device.cost("latency_ms", members, problem.context)
    assert table[:, 0].tolist() == pytest.approx([-value.value for value in qualities])
    assert table[:, 1].tolist() == pytest.approx([value.value for value in latencies])
    assert problem.evaluator.matrix([], device).shape == (0, 2)


def test_devices_are_kept_apart(problem: Problem, members: list[Architecture]) -> None:
    first, second = (problem.evaluator.matrix(members, device) for device in problem.devices)
    assert torch.equal(first[:, 0], second[:, 0])
    assert not torch.equal(first[:, 1], second[:, 1])


class Measuring(ToyDevice):
    """Exact costs are dear; estimates are twice as high."""

    def __init__(self) -> None:
        super().__init__("measuring")
        self.measured = 0

    def cost(self, metric: str, architectures: Sequence[Architecture], context: Any) -> list[Value]:
        self.measured += len(architectures)
        return super().cost(metric, architectures, context)

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Any
    ) -> list[Value]:
        exact = super().cost(metric, architectures, context)
        return [Value(2 * value.value, value.unit, "predicted") for value in exact]


class Estimated(ToyLatency):
    def estimate(
        self, architectures: Sequence[Architecture], device: Device | None, context: Any
    ) -> list[Value]:
        assert device is not None
        return device.estimate("latency_ms", architectures, context)


def test_search_estimates_and_the_end_measures(members: list[Architecture]) -> None:
    device = Measuring()
    problem = toy_problem(objectives=[ToyQuality(), Estimated()], devices=[device])
    cheap = problem.evaluator.matrix(members, device)
    assert device.measured == 0
    exact = problem.evaluator.matrix(members, device, exact=True)
    assert device.measured == len(members)
    assert torch.allclose(cheap[:, 1], 2 * exact[:, 1])
    problem.evaluator.matrix(members, device, exact=True)
    assert device.measured == len(members), "a measurement is made once"


def test_evaluations_are_complete(problem: Problem, members: list[Architecture]) -> None:
    device = problem.devices[0]
    found = problem.evaluator.evaluate(members, device, "final")
    assert [e.architecture for e in found] == members
    assert {e.device for e in found} == {device.name}
    assert {e.split for e in found} == {"final"}
    assert all(set(e.values) == {"toyq", "toyl"} for e in found)
    assert found[0].values["toyl"].unit == "ms"


def test_listeners_hear_each_value_once_and_it_can_be_put_back(
    problem: Problem, quality: Counting, members: list[Architecture]
) -> None:
    heard: list[Known] = []
    problem.evaluator.listen(heard.append)
    for _ in range(2):
        for device in problem.devices:
            problem.evaluator.evaluate(members, device, "search")
    assert len(heard) == len(members) * (1 + len(problem.devices))
    assert {known.device for known in heard} == {"", "toy-a", "toy-b"}

    meter = Meter(Budget.parse("50evals"))
    fresh = Evaluator(problem.context, problem.objectives, meter)
    fresh.remember(heard)
    quality.asked.clear()
    expected = problem.evaluator.matrix(members, problem.devices[0])
    assert torch.equal(fresh.matrix(members, problem.devices[0], exact=True), expected)
    assert quality.asked == []
    assert meter.evaluations == len(members)


class Relative(ToyQuality):
    """Rank within the population that is asked for."""

    population_relative: ClassVar[bool] = True

    def evaluate(self, architectures: Sequence[Architecture], *args: Any) -> list[Value]:
        return [Value(float(len(architectures)), self.unit, "modelled") for _ in architectures]


def test_population_relative_values_are_never_cached(members: list[Architecture]) -> None:
    problem = toy_problem(objectives=[Relative()])
    device = problem.devices[0]
    assert problem.evaluator.matrix(members[:2], device).tolist() == [[-2.0], [-2.0]]
    assert problem.evaluator.matrix(members[:1], device).tolist() == [[-1.0]]


def test_only_paid_quality_is_counted_again_when_values_are_put_back(
    problem: Problem, members: list[Architecture]
) -> None:
    def known(objective: str, split: str, member: Architecture) -> Known:
        value = Value(1.0, "point", "modelled")
        return Known(objective, "", split, member, value)  # pyright: ignore[reportArgumentType]

    meter = Meter(Budget.parse("50evals"))
    fresh = Evaluator(problem.context, problem.objectives, meter)
    fresh.remember(
        [
            known("toy-quality", "search", members[0]),
            known("toy-quality", "final", members[1]),
            known("toy-latency", "search", members[2]),
        ]
    )
    assert fresh.queried() == members[:1]
    assert meter.evaluations == 1
    assert set(fresh.evaluated()) == set(members[:3])


class Broken(ToyQuality):
    answers: ClassVar[list[float]] = []

    def evaluate(self, *args: Any) -> list[Value]:
        return [Value(answer, "point", "modelled") for answer in self.answers]


@pytest.mark.parametrize(
    ("answers", "message"),
    [([], "returned 0 values for 1"), ([float("nan")], "finite"), ([float("inf")], "finite")],
)
def test_bad_values_of_a_plugin_are_refused(
    members: list[Architecture], answers: list[float], message: str
) -> None:
    objective: Objective = type("Bad", (Broken,), {"answers": answers})()
    problem = toy_problem(objectives=[objective])
    with pytest.raises(PluginError, match=message):
        problem.evaluator.values(objective, members[:1], None)
    assert problem.meter.evaluations == 0


class Erratic(ToyDevice):
    """Its costs are as many times the true ones as the next factor says, after each forgetting."""

    def __init__(self, factors: Sequence[float]) -> None:
        super().__init__("erratic")
        self._left = list(factors)
        self._now = self._left.pop(0)

    def forget(self, architectures: Sequence[Architecture]) -> None:
        self._now = self._left.pop(0)

    def cost(self, metric: str, architectures: Sequence[Architecture], context: Any) -> list[Value]:
        exact = super().cost(metric, architectures, context)
        return [Value(self._now * value.value, value.unit, "measured") for value in exact]


def test_renewing_takes_the_middle_of_fresh_values(members: list[Architecture]) -> None:
    device = Erratic([0.1, 1.0, 9.0, 2.0])
    problem = toy_problem(objectives=[ToyQuality(), ToyLatency()], devices=[device])
    told: list[Known] = []
    lucky = problem.evaluator.values(problem.objectives[1], members, device, "final")
    problem.evaluator.listen(told.append)
    problem.evaluator.renew(members, device, "final", 3)
    settled = problem.evaluator.values(problem.objectives[1], members, device, "final")
    assert [v.value for v in settled] == pytest.approx([20 * v.value for v in lucky])
    assert [known.architecture for known in told] == members
    assert problem.evaluator.queried() == []


def test_devices_of_one_name_are_told_apart_by_their_profiles(
    problem: Problem, members: list[Architecture]
) -> None:
    latency = problem.objectives[1]
    first, second = ToyDevice("phone", power=0.5), ToyDevice("phone", power=2.5)
    evaluator = problem.evaluator
    told: list[Known] = []
    evaluator.listen(told.append)
    for ask in (evaluator.values, evaluator.estimates):
        for device in (first, second, ToyDevice("phone", power=0.5)):
            expected = device.cost("latency_ms", members, problem.context)
            assert ask(latency, members, device) == expected
    assert len({known.device for known in told}) == 2, "a third of equal content is the first"
    evaluator.renew(members, second, "search", 3)
    assert evaluator.values(latency, members, first) == first.cost(
        "latency_ms", members, problem.context
    )


def test_what_is_remembered_under_a_name_belongs_to_the_devices_of_the_run(
    problem: Problem, members: list[Architecture]
) -> None:
    latency = problem.objectives[1]
    own, stranger = ToyDevice("phone", power=0.5), ToyDevice("phone", power=2.5)
    meter = Meter(Budget.parse("50evals"))
    evaluator = Evaluator(problem.context, problem.objectives, meter, [own])
    kept = Value(123.0, "ms", "measured")
    evaluator.remember([Known(latency.name, "phone", "search", members[0], kept)])
    assert evaluator.values(latency, members[:1], stranger) != [kept]
    assert evaluator.values(latency, members[:1], own) == [kept]
