"""The contract of benchmarks: small files and the toy keep it, and what breaks it is caught."""

from __future__ import annotations

import pytest

from monas_core.testing import contracts
from monas_core.testing.fake_benchmark import ToyBenchmark
from monas_core.testing.fakes import ToyQuality
from monas_core.values import population
from monas_core.values.front import Scale
from monas_core.values.value import Value


class TestToyBenchmark(contracts.BenchmarkContract):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory):
        return ToyBenchmark(tmp_path_factory.mktemp("none"))


class Generous(ToyBenchmark):
    """Answers what it has no rows for."""

    def __init__(self, data):
        super().__init__(data)
        self.objectives = (ToyQuality(), self.objectives[1])


class Drifting(ToyBenchmark):
    """A scale that changes from one time to the next."""

    calls = 0

    def scale(self, device):
        self.calls += 1
        return Scale([-100.0, 0.0], [0.0, 10.0 + self.calls], reference=1.0)


class Humble(ToyBenchmark):
    """Leaves the best out of its front."""

    def true_front(self, device):
        return super().true_front(device)[1:-1]


class Poor(ToyBenchmark):
    """Promises a device that gives too little."""

    def __init__(self, data):
        super().__init__(data)
        self.devices["toy-a"].metrics = frozenset({"energy_mj"})


class Sloppy(ToyBenchmark):
    """Another unit than the one declared."""

    def __init__(self, data):
        super().__init__(data)
        quality = self.objectives[0]
        ask = quality.evaluate
        quality.evaluate = lambda *args: [Value(v.value, "mile", v.origin) for v in ask(*args)]


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Generous, "test_missing_rows_are_unavailable"),
        (Drifting, "test_scale_is_finite_and_fixed"),
        (Humble, "test_true_front_is_the_best_there_is"),
        (Poor, "test_default_devices_give_every_cost"),
        (Sloppy, "test_values_are_there_on_both_splits"),
    ],
)
def test_bad_benchmarks_are_caught(tmp_path, broken, test):
    contract, subject = contracts.BenchmarkContract(), broken(tmp_path)
    needs_known = test.startswith(("test_true", "test_values"))
    rows = population.encode(subject.space.choices, subject.space.choices.enumerate())
    known = population.decode(subject.space.choices, rows[subject.space.available(rows)])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(contract, test)(subject, *([known] if needs_known else []))
