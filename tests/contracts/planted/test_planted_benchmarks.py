"""Faults planted one at a time in an otherwise honest benchmark; each is caught."""

from __future__ import annotations

import inspect
import random
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import Unavailable
from monas_core.testing import contracts
from monas_core.testing.fake_benchmark import GappyQuality, GappySpace, ToyBenchmark
from monas_core.testing.fakes import ToyDevice, ToyLatency, ToyQuality
from monas_core.values.front import Points, Scale
from monas_core.values.value import Value


class Misnamed(ToyBenchmark):
    name: ClassVar[str] = "another"


class OtherKeys(ToyBenchmark):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.devices = {**self.devices, "toy-c": ToyDevice("toy-d")}


class Both(ToyBenchmark):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.held_out = ("toy-b",)


class Unknown(ToyBenchmark):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.held_out = ("toy-z",)


class CostsFirst(ToyBenchmark):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.objectives = self.objectives[::-1]


class Free(ToyBenchmark):
    """Nothing counts against a budget."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.objectives = self.objectives[1:]


class NoEnergy(ToyBenchmark):
    def __init__(self, data: Path) -> None:
        super().__init__(data)
        device = ToyDevice("toy-a")
        device.metrics = frozenset({"energy_mj"})
        self.devices = {**self.devices, "toy-a": device}


def with_space(**changed: Any) -> type[ToyBenchmark]:
    """The benchmark on a space with other methods."""

    def build(self: ToyBenchmark, data: Path) -> None:
        ToyBenchmark.__init__(self, data)
        self.space = type("Space", (GappySpace,), changed)()

    return type("OtherSpace", (ToyBenchmark,), {"__init__": build})


def missing_references(self: GappySpace) -> Any:
    everything = list(self.choices.enumerate())
    from monas_core.values import population

    rows = population.encode(self.choices, everything)
    gone = population.decode(self.choices, rows[~self.available(rows)])
    return gone[:10]


def shuffled(self: GappySpace) -> Any:
    found = GappySpace.references(self)
    random.shuffle(found)
    return found


def with_quality(kind: type[ToyQuality]) -> type[ToyBenchmark]:
    """The benchmark with another quality."""

    def build(self: ToyBenchmark, data: Path) -> None:
        ToyBenchmark.__init__(self, data)
        self.objectives = (kind(), ToyLatency())

    return type("OtherQuality", (ToyBenchmark,), {"__init__": build})


class MadeUp(ToyQuality):
    """A value also where there is no row."""


class Nameless(GappyQuality):
    def evaluate(self, *args: Any, **more: Any) -> list[Value]:
        try:
            return super().evaluate(*args, **more)
        except Unavailable:
            raise Unavailable("There is no such row.") from None


class Relative(GappyQuality):
    """Divided by the best of those asked for together."""

    def evaluate(self, *args: Any, **more: Any) -> list[Value]:
        found = super().evaluate(*args, **more)
        best = max(value.value for value in found)
        return [Value(v.value / best, v.unit, v.origin) for v in found]


class OneTooFew(GappyQuality):
    def evaluate(self, *args: Any, **more: Any) -> list[Value]:
        return super().evaluate(*args, **more)[:-1]


class Rescaled(ToyBenchmark):
    """Another scale at every call."""

    calls = 0

    def scale(self, device: Any) -> Scale:
        self.calls += 1
        found = super().scale(device)
        return Scale(found.low.tolist(), (found.high + self.calls).tolist(), reference=1.0)


class Unbounded(ToyBenchmark):
    def scale(self, device: Any) -> Scale:
        found = super().scale(device)
        return Scale([-np.inf, float(found.low[1])], found.high.tolist(), reference=1.0)


class Elsewhere(ToyBenchmark):
    """A scale on which nothing lies."""

    def scale(self, device: Any) -> Scale:
        return Scale([1e6, 1e6], [2e6, 2e6], reference=1.0).__class__(
            [-1e6, -1e6], [-1e6 + 1, -1e6 + 1], reference=1.0
        )


class BeyondOne(ToyBenchmark):
    def scale(self, device: Any) -> Scale:
        found = super().scale(device)
        return Scale(found.low.tolist(), found.high.tolist(), reference=1.1)


class HalfFront(ToyBenchmark):
    """Forgets the better half of the front."""

    def true_front(self, device: Any) -> Points:
        found = super().true_front(device)
        return found[found[:, 0].argsort()][len(found) // 2 :]


class Turned(ToyBenchmark):
    """The front in the direction of the objectives, not minimised."""

    def true_front(self, device: Any) -> Points:
        return super().true_front(device) * np.array([-1.0, 1.0])


class NoFront(ToyBenchmark):
    def true_front(self, device: Any) -> Any:
        return None


class Facts(ToyBenchmark):
    def facts(self) -> Any:
        return {"rows": np.arange(3)}


FAULTS: list[tuple[type[ToyBenchmark], str, str]] = [
    (Misnamed, "test_entry_and_class_agree", 'named "toy-benchmark", its class "another"'),
    (OtherKeys, "test_default_devices_exist_and_differ", 'devices\\["toy-c"\\] has another name'),
    (Both, "test_default_devices_exist_and_differ", "searched for and held out"),
    (Unknown, "test_default_devices_exist_and_differ", 'no device "toy-z"'),
    (CostsFirst, "test_objectives_are_ordered_and_told_apart", "queried objectives come first"),
    (Free, "test_objectives_are_ordered_and_told_apart", "nothing counts against a budget"),
    (NoEnergy, "test_default_devices_give_every_cost", "toy-a lacks"),
    (with_space(references=missing_references), "test_references_are_there", "lack a reference"),
    (with_space(references=shuffled), "test_references_are_there", "otherwise at every call"),
    (with_quality(MadeUp), "test_missing_rows_are_unavailable", "and make up nothing"),
    (with_quality(Nameless), "test_missing_rows_are_unavailable", "does not name the architecture"),
    (with_quality(Relative), "test_company_does_not_matter", "on what else is asked for"),
    (with_quality(OneTooFew), "test_values_are_there_on_both_splits", "one value for each"),
    (Rescaled, "test_scale_is_finite_and_fixed", "hypervolumes would not compare"),
    (Unbounded, "test_scale_is_finite_and_fixed", "scale\\(\\) holds nan or inf"),
    (BeyondOne, "test_scale_is_finite_and_fixed", "ends at its worst"),
    (Elsewhere, "test_scale_fits_what_is_there", "of the scale"),
    (HalfFront, "test_true_front_is_the_best_there_is", "better than the front"),
    (Turned, "test_true_front_is_the_best_there_is", "beyond the scale|better than the front"),
    (NoFront, "test_front_is_known_or_can_be_searched", "nothing to compare with"),
    (Facts, "test_facts_are_plain", "plain values that JSON has words for"),
]


@pytest.mark.parametrize(
    ("broken", "test", "told"), FAULTS, ids=[f"{n}-{f[1]}" for n, f in enumerate(FAULTS)]
)
def test_faults_of_benchmarks(
    broken: type[ToyBenchmark], test: str, told: str, tmp_path: Path
) -> None:
    contract = contracts.BenchmarkContract()
    entry = Entry("benchmark", Spec("toy-benchmark", "S.", "acme.box:Box"), "acme", "1")

    def check(subject: ToyBenchmark) -> None:
        run = getattr(contract, test)
        known = {"entry": entry, "subject": subject}
        if "known" in inspect.signature(run).parameters:
            rows = subject._rows() if test != "test_values_are_there_on_both_splits" else []
            known["known"] = rows or ToyBenchmark(tmp_path)._rows()[:8]
        run(**{name: known[name] for name in inspect.signature(run).parameters})

    check(ToyBenchmark(tmp_path))
    with pytest.raises((AssertionError, pytest.fail.Exception), match=told):
        check(broken(tmp_path))
