"""Shape and scale of log costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.testing.fakes import ToyDevice, ToySpace, ToyTask
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_devices.embedding import REFERENCES, LogCost
from monas_devices.roofline import modelled

METRICS = ("latency_ms", "energy_mj")


class Scaled(Device):
    """Another device's costs, multiplied; notes how often it is asked."""

    metrics = frozenset(METRICS)

    def __init__(self, base: Device, factor: float) -> None:
        self.base, self.factor, self.asked = base, factor, 0
        self.profile = base.profile

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        self.asked += 1
        found = self.base.cost(metric, architectures, context)
        return [Value(self.factor * value.value, value.unit, value.origin) for value in found]


CONTEXT = Context(ToySpace(), ToyTask())


@given(st.floats(1e-3, 1e3))
def test_a_faster_copy_differs_in_scale_only(factor: float) -> None:
    base = modelled("jetson-nano")
    one, other = (
        LogCost().embed(Scaled(base, f), METRICS, CONTEXT).double() for f in (1.0, factor)
    )
    shapes = slice(0, REFERENCES * len(METRICS))
    assert torch.allclose(one[shapes], other[shapes], atol=1e-5)
    shift = other[-len(METRICS) :] - one[-len(METRICS) :]
    assert shift.tolist() == pytest.approx([torch.tensor(factor).log().item()] * 2, abs=1e-4)


@pytest.mark.parametrize("metrics", [METRICS, METRICS[:1], METRICS[::-1]])
def test_length_and_centring(metrics: tuple[str, ...]) -> None:
    vector = LogCost().embed(modelled("h100-sxm"), metrics, CONTEXT)
    assert vector.shape == (11 * len(metrics),)
    assert vector.dtype == torch.float32
    shapes = vector[: 10 * len(metrics)].reshape(len(metrics), 10)
    assert torch.allclose(shapes.mean(1), torch.zeros(len(metrics)), atol=1e-6)


def test_a_device_is_asked_once() -> None:
    embedding, device = LogCost(), Scaled(modelled("jetson-nano"), 2.0)
    first = embedding.embed(device, METRICS, CONTEXT)
    first.zero_()  # the caller's copy
    assert embedding.embed(device, METRICS, CONTEXT).abs().sum() > 0
    assert device.asked == len(METRICS)


def test_no_metrics_is_a_constant() -> None:
    vectors = [LogCost().embed(modelled(n), (), CONTEXT) for n in ("h100-sxm", "jetson-nano")]
    assert torch.equal(vectors[0], vectors[1])
    assert vectors[0].tolist() == [0.0]


def test_missing_metric_is_explained() -> None:
    with pytest.raises(Unavailable, match=r"embedding log-cost needs noise_db, which device"):
        LogCost().embed(modelled("jetson-nano"), ("noise_db",), CONTEXT)


def test_zero_cost_is_explained() -> None:
    free: Any = Scaled(modelled("jetson-nano"), 0.0)
    with pytest.raises(Unavailable, match=r"latency_ms = 0.0 .* must be positive"):
        LogCost().embed(free, METRICS, CONTEXT)


def test_a_space_of_few_architectures_keeps_the_length() -> None:
    few = ToySpace.tiny()
    few.choices = type(few.choices)("toy", 1, few.choices.choices[:1])
    vector = LogCost().embed(ToyDevice(), ("latency_ms",), _with(few))
    assert vector.shape == (11,)


def _with(space: ToySpace) -> Context:
    """Costs of a toy device need no network, so any choices will do."""
    return Context(space, ToyTask())


def test_devices_are_told_apart(gpt: Context) -> None:
    embedding = LogCost()
    names = ("h100-sxm", "jetson-nano", "raspberry-pi-4", "raspberry-pi-5")
    rows = torch.stack([embedding.embed(modelled(n), METRICS, gpt) for n in names])
    distance = torch.cdist(rows, rows)
    shapes = torch.cdist(rows[:, :20], rows[:, :20])
    assert distance[distance > 0].min() > 0.1
    assert shapes[2, 3] < 0.3 * shapes[0, 3]  # two boards bound by arithmetic, one GPU that is not
