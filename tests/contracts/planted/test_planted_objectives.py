"""Faults planted one at a time in otherwise honest objectives; each is caught, with its message."""

# ruff: noqa: E501 - a table reads best with one row a line
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.parts.device import Device
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fakes import (
    ToyDevice,
    ToyLatency,
    ToyQuality,
    ToySpace,
)
from monas_core.testing.stages import Stages
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value

STAGES = Stages(Catalog(Discovery((), ())))


def changed(change: Callable[[Any, list[Value]], list[Value]], *methods: str) -> type[ToyQuality]:
    """The toy quality with other answers."""

    def method(name: str) -> Any:
        def answer(
            self: ToyQuality, architectures: Sequence[Architecture], *more: Any
        ) -> list[Value]:
            return change(self, ToyQuality.evaluate(self, architectures, *more[:2]))

        return answer

    return type("Changed", (ToyQuality,), {name: method(name) for name in methods})


def scaled(value: Value, factor: float, origin: Any = None) -> Value:
    return Value(factor * value.value, value.unit, origin or value.origin)


class Remembers(ToyQuality):
    """The first answer for a position is the answer for ever."""

    def __init__(self, task: Any = None) -> None:
        self.kept: list[Value] = []

    def evaluate(self, architectures: Sequence[Architecture], *more: Any) -> list[Value]:
        found = super().evaluate(architectures, *more)
        self.kept += found[len(self.kept) :]
        return self.kept[: len(found)]


class SameForAll(ToyQuality):
    def evaluate(self, architectures: Sequence[Architecture], *more: Any) -> list[Value]:
        return [Value(1.0, "point", "modelled") for _ in architectures]


class Measures(ToyLatency):
    """``estimate`` measures, as the interface's default does."""


class PaidEstimate(ToyLatency):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        return device.estimate("latency_ms", architectures, context)

    def estimate(self, architectures: Any, device: Any, context: Any) -> list[Value]:
        return device.estimate("latency_ms", architectures, context)


class TaskQuality(ToyQuality):
    """Cross-entropy of inherited weights, on the part that belongs to the split."""

    unit = "nat"
    direction = "min"
    differentiable: ClassVar[bool] = False
    parts: ClassVar[dict[str, Any]] = {"search": "search", "final": "test"}

    def __init__(self, task: Any = None) -> None:
        self.task = task

    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        found = []
        for architecture in architectures:
            scores = self.task.evaluate(
                lambda x, a=architecture: context.supernet(x, a), self.parts[split]
            )
            found.append(Value(scores["cross-entropy"], "nat", "measured"))
        return found


class SearchForFinal(TaskQuality):
    parts: ClassVar[dict[str, Any]] = {"search": "search", "final": "search"}


class Peeks(TaskQuality):
    parts: ClassVar[dict[str, Any]] = {"search": "test", "final": "test"}


class TrainsMode(TaskQuality):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        found = super().evaluate(architectures, device, context, split)
        context.supernet.train()
        return found


class Nudges(TaskQuality):
    def evaluate(
        self, architectures: Any, device: Any, context: Any, split: Any = "search"
    ) -> list[Value]:
        with torch.no_grad():
            context.supernet.whole.head.bias.add_(1e-3)
        return super().evaluate(architectures, device, context, split)


class Boasts(ToyQuality):
    """Declares to depend on the population, to be asked less."""

    population_relative: ClassVar[bool] = True


class WrongCorner(ToyQuality):
    def relaxed(self, *arguments: Any) -> Tensor:
        return 0.5 * super().relaxed(*arguments)


OBJECTIVES: list[tuple[type, str, str]] = [
    (changed(lambda s, f: [scaled(v, 1 / max(x.value for x in f)) for v in f], "evaluate", "estimate"), "test_company_does_not_matter", "must not depend on what else"),
    (changed(lambda s, f: [scaled(v, len(f)) for v in f], "estimate"), "test_company_does_not_matter", r"estimate\(\) of"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * i) for i, v in enumerate(f)], "evaluate", "estimate"), "test_company_does_not_matter", "in another order|alone"),
    (Remembers, "test_company_does_not_matter", "must not depend"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * float(torch.rand(())), "measured") for v in f], "evaluate"), "test_the_same_from_a_new_instance", "noise"),
    (changed(lambda s, f: [scaled(v, 1 + 0.01 * float(torch.rand(())), "tabulated") for v in f], "evaluate"), "test_the_same_from_a_new_instance", "noise"),
    (changed(lambda s, f: [Value(hash(v.value) % 97, v.unit, v.origin) for v in f], "estimate"), "test_estimates_stand_in_for_values", "rank correlation"),
    (changed(lambda s, f: [scaled(v, -1) for v in f], "estimate"), "test_estimates_stand_in_for_values", "rank correlation"),
    (changed(lambda s, f: [scaled(v, 1000) for v in f], "estimate"), "test_estimates_stand_in_for_values", "factor of"),
    (SameForAll, "test_architectures_differ", "every architecture has the value"),
    (Measures, "test_measuring_is_left_to_evaluate", "which measures"),
    (PaidEstimate, "test_measuring_is_left_to_evaluate", r"does not ask the device for cost\(\)"),
    (SearchForFinal, "test_final_values_are_of_final_data", 'split "final" is evaluated on search'),
    (Peeks, "test_final_values_are_of_final_data", "no search step may see"),
    (TrainsMode, "test_it_leaves_the_supernet_alone", "training mode"),
    (Nudges, "test_it_leaves_the_supernet_alone", "whole.head.bias"),
    (Boasts, "test_population_matters_where_it_is_declared", "do not depend on the population"),
    (WrongCorner, "test_relaxed_agrees_at_the_corners", "one-hot rows"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "test", "told"), OBJECTIVES)
def test_faults_of_objectives(broken: type, test: str, told: str) -> None:
    stage = nets.prepared(ToySpace.tiny(), STAGES)
    places: list[Device | None] = [None]
    if issubclass(broken, ToyLatency):
        places = [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)]
    honest = TaskQuality if issubclass(broken, TaskQuality) else ToyQuality
    contract = contracts.HonestyContract()
    if not issubclass(broken, ToyLatency):
        getattr(contract, test)(honest, stage, places)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(broken, nets.prepared(ToySpace.tiny(), STAGES), places)


def test_needs_that_nothing_provides_are_a_failure() -> None:
    entry = Entry("objective", Spec("o", "S.", "m:f", needs={"wings"}), "acme", "1")
    stage = contracts.HonestyContract.stage.__wrapped__  # the function under the fixture
    with pytest.raises(pytest.fail.Exception, match="needs wings"):
        stage.__func__(contracts.HonestyContract, entry, STAGES)
