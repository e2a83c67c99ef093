"""Faults planted one at a time in otherwise honest devices; each is caught, with its message."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.parts.device import DeviceProfile
from monas_core.testing import contracts
from monas_core.testing.contracts import networks as nets
from monas_core.testing.fakes import (
    ToyDevice,
    ToySpace,
)
from monas_core.testing.stages import Stages
from monas_core.values.value import Value

STAGES = Stages(Catalog(Discovery((), ())))


def scaled(value: Value, factor: float, origin: Any = None) -> Value:
    return Value(factor * value.value, value.unit, origin or value.origin)


class Board(ToyDevice):
    """A toy device, to be changed."""

    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return values

    def cost(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        return self.altered(super().cost(metric, architectures, context), metric)


class InSeconds(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(v.value, "s" if metric == "latency_ms" else v.unit, v.origin) for v in values]


class CalledMeasured(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(v.value, v.unit, "measured") for v in values]


class FormulaMeasured(CalledMeasured):
    """A formula, called measured by profile and values alike."""

    def __init__(self, name: str = "toy-a") -> None:
        super().__init__(name)
        self.profile = DeviceProfile(name, "an abacus", "none", "fp32", 1, "measured")

    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        found = ToyDevice.cost(self, metric, architectures, context)
        return [Value(v.value, v.unit, "predicted") for v in found]


class NoisyMeasured(FormulaMeasured):
    """The same with noise, so that it looks measured."""

    def altered(self, values: list[Value], metric: str) -> list[Value]:
        noise = 1 + 0.01 * float(torch.rand(()))
        return [Value(noise * v.value, v.unit, "measured") for v in values]


class CountMatters(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [scaled(v, 1 + 0.1 * len(values)) for v in values]


class NoisyTable(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [scaled(v, 1 + 0.01 * float(torch.rand(())), "tabulated") for v in values]


class Unrelated(Board):
    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        unit = "ms" if metric == "latency_ms" else "mJ"
        return [Value(1.0 + int(a.key[:4], 16) % 89, unit, "predicted") for a in architectures]


class Backwards(Board):
    def estimate(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        return [
            Value(1 / v.value, v.unit, v.origin) for v in self.cost(metric, architectures, context)
        ]


class Constant(Board):
    def altered(self, values: list[Value], metric: str) -> list[Value]:
        return [Value(1.0, v.unit, v.origin) for v in values]


DEVICES: list[tuple[type[Board], str, str]] = [
    (InSeconds, "test_units_are_those_of_the_metrics", 'has the unit "s", its name says "ms"'),
    (
        CalledMeasured,
        "test_origins_are_those_of_the_profile",
        "is called measured, the profile says",
    ),
    (FormulaMeasured, "test_what_is_measured_takes_time_and_varies", "that is a formula"),
    (NoisyMeasured, "test_what_is_measured_takes_time_and_varies", "claims to have measured"),
    (CountMatters, "test_company_does_not_matter", "must not depend on what else"),
    (NoisyTable, "test_what_is_not_measured_repeats", "noise is neither"),
    (Unrelated, "test_estimates_stand_in_for_costs", "rank correlation"),
    (Backwards, "test_estimates_stand_in_for_costs", "rank correlation"),
    (Constant, "test_costs_differ", "for every architecture"),
]


@pytest.mark.parametrize(("broken", "test", "told"), DEVICES)
def test_faults_of_devices(broken: type[Board], test: str, told: str) -> None:
    contract, stage = contracts.DeviceHonestyContract(), nets.prepared(ToySpace(), STAGES)
    more = (None,) if test == "test_what_is_not_measured_repeats" else ()
    getattr(contract, test)(*more, Board("toy-a"), stage)
    with pytest.raises(AssertionError, match=told):
        getattr(contract, test)(*more, broken("toy-a"), stage)
