"""Costs: counted from the network, or read from a device."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from monas_core.catalog.lookup import Catalog
from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile
from monas_core.parts.objective import Objective
from monas_core.testing.fakes import ToySpace, ToyTask
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_cost.counts import Flops, Parameters
from monas_cost.memory import Memory
from monas_energy.energy import Energy
from monas_latency.latency import Latency

READ_FROM_DEVICES = (Latency, Energy, Memory)
UNITS = {"latency_ms": "ms", "energy_mj": "mJ", "memory_mb": "MB"}


class TwoVoices(Device):
    """Costs 1 when asked exactly, 2 when asked cheaply."""

    def __init__(self, *metrics: str) -> None:
        self.metrics = frozenset(metrics)
        self.profile = DeviceProfile("two-voices", "none", "none", "fp32", 1, "measured")

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        return [Value(1.0, UNITS[metric], "measured") for _ in architectures]

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        return [Value(2.0, UNITS[metric], "predicted") for _ in architectures]


@pytest.fixture
def context() -> Context:
    return Context(ToySpace(), ToyTask())


@pytest.fixture
def network(context: Context) -> Architecture:
    """6 inputs, hidden layers of 4 and 8, 4 outputs."""
    return context.space.choices.architecture(
        {"activation": "relu", "depth": 2, "width_1": 4, "width_2": 8}
    )


def test_parameters_by_hand(context: Context, network: Architecture) -> None:
    (value,) = Parameters().evaluate([network], None, context)
    assert value == Value((6 * 4 + 4) + (4 * 8 + 8) + (8 * 4 + 4), "params", "modelled")


def test_flops_by_hand(context: Context, network: Architecture) -> None:
    (value,) = Flops().evaluate([network], None, context)
    assert value == Value(2 * (6 * 4 + 4 * 8 + 8 * 4), "FLOP", "modelled")


@pytest.mark.parametrize("kind", READ_FROM_DEVICES)
def test_evaluate_is_exact_and_estimate_is_cheap(
    kind: type[Objective], context: Context, network: Architecture
) -> None:
    objective = kind()
    metric = objective.device_metric
    assert metric is not None
    device = TwoVoices(metric)
    (exact,) = objective.evaluate([network], device, context)
    (cheap,) = objective.estimate([network], device, context)
    assert (exact.value, exact.origin, exact.unit) == (1.0, "measured", objective.unit)
    assert (cheap.value, cheap.origin, cheap.unit) == (2.0, "predicted", objective.unit)


@pytest.mark.parametrize("kind", READ_FROM_DEVICES)
def test_a_device_without_the_metric_is_named(
    kind: type[Objective], context: Context, network: Architecture
) -> None:
    objective = kind()
    sentence = (
        rf'Objective "{objective.name}" needs {objective.device_metric}, which device '
        r'"two-voices" cannot give \(it gives: noise_db\)'
    )
    for ask in (objective.evaluate, objective.estimate):
        with pytest.raises(Unavailable, match=sentence):
            ask([network], TwoVoices("noise_db"), context)


@pytest.mark.parametrize(
    ("typed", "name", "short"),
    [
        ("lat", "latency", "lat"),
        ("latency", "latency", "lat"),
        ("energy", "energy", "energy"),
        ("acc", "quality", "acc"),
        ("params", "params", "params"),
        ("parameters", "params", "params"),
        ("flops", "flops", "flops"),
        ("memory", "memory", "memory"),
    ],
)
def test_names_that_a_person_types(typed: str, name: str, short: str) -> None:
    objective = Catalog.installed().create("objective", typed, task=ToyTask())
    assert (objective.name, objective.short) == (name, short)
