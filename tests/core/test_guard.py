"""What installed parts return is checked, and what fails in them names the one at fault."""

# ruff: noqa: E501 - a table reads best with one row a line
from __future__ import annotations

import copy
import sys
from typing import Any

import numpy as np
import pytest
import torch

from monas_core.catalog.blame import plugin_fault
from monas_core.catalog.discovery import Discovery
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import PluginError, Unavailable
from monas_core.parts.device import Device
from monas_core.parts.device_cost import DeviceCost
from monas_core.problem.optimizer import StepReport
from monas_core.problem.patience import Patience
from monas_core.testing.contracts.optimizer import _wishes
from monas_core.testing.fake_optimizer import ToyOptimizer
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyQuality,
    ToySpace,
    ToyTask,
    toy_problem,
)
from monas_core.values.value import Value

HERE = __name__
CONTEXT = toy_problem().context


def entry(kind: str, factory: Any, name: str = "mine") -> Entry:
    setattr(sys.modules[HERE], factory.__name__, factory)
    return Entry(kind, Spec(name, "S.", f"{HERE}:{factory.__name__}"), "acme", "1.0")


def made(kind: str, factory: Any, **arguments: Any) -> Any:
    """A part as the catalog makes it."""
    return entry(kind, factory).create(**arguments)


def asked(count: int = 3) -> list[Any]:
    return list(ToySpace().choices.enumerate())[:count]


def answering(base: type, method: str, change: Any) -> type:
    """A subclass whose method returns something else."""

    def changed(self: Any, *arguments: Any) -> Any:
        return change(getattr(base, method)(self, *arguments))

    return type("Changed", (base,), {method: changed, "__module__": HERE})


def test_a_guarded_part_stays_what_it_was() -> None:
    device = made("device", ToyDevice)
    assert isinstance(device, ToyDevice)
    assert type(device).__name__ == "ToyDevice"
    twin = copy.deepcopy(device)
    twin.power = 0.1
    first, second = (d.cost("latency_ms", asked(), CONTEXT) for d in (device, twin))
    assert first != second
    with pytest.raises(Unavailable):
        device.cost("nonsense", asked(), CONTEXT)
    named = device.cost(context=CONTEXT, architectures=asked(), metric="latency_ms")
    assert named == first


def with_value(change: Any) -> Any:
    return lambda found: [change(value) for value in found]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: found[:-1], "returned 2 values for 3 architectures"),
        (lambda found: [v.value for v in found], "expected a Value"),
        (lambda found: None, "returned a NoneType, expected a list of Value"),
        (with_value(lambda v: Value(v.value / 1e3, "s", v.origin)), 'but its unit is "ms"'),
        (with_value(lambda v: Value(float("nan"), v.unit, v.origin)), "must be finite"),
        (with_value(lambda v: Value(v.value, v.unit, "guessed")), "the origin must be one of"),
    ],
)
def test_a_device_is_blamed_for_its_answers(change: Any, told: str) -> None:
    for method in ("cost", "estimate"):
        device = made("device", answering(ToyDevice, method, change))
        with pytest.raises(PluginError) as fault:
            made("objective", Reading).__getattribute__(
                "evaluate" if method == "cost" else "estimate"
            )(asked(), device, CONTEXT)
        assert str(fault.value).startswith(f'Device "mine" (acme 1.0), {method}(), latency_ms')
        assert told in str(fault.value)


class Reading(DeviceCost):
    name = "reading"
    short = "reading"
    unit = "ms"
    metric = "latency_ms"


@pytest.mark.parametrize("number", [np.float32(2.5), np.int64(3), torch.tensor(2.5), 3])
def test_any_real_number_is_a_value(number: Any) -> None:
    assert type(Value(number, "ms", "measured").value) is float
    assert type(Value(1.0, "ms", "measured", spread=number).spread) is float
    assert type(Value(1.0, "ms", "measured", extra={"a": number}).extra["a"]) is float


@pytest.mark.parametrize("number", ["2", None, 2j, True, np.ones(2), torch.ones(2)])
def test_what_is_no_number_is_named(number: Any) -> None:
    with pytest.raises(TypeError, match=f"one real number, got {type(number).__name__}"):
        Value(number, "ms", "measured")


PROBLEM = toy_problem()
ENDS = _wishes(PROBLEM, 2)


def started(optimizer: Any) -> Any:
    optimizer.start(PROBLEM, torch.Generator().manual_seed(0))
    optimizer.step()
    return optimizer


def batch(task: Any) -> Any:
    return task.batch("train", 4, torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("kind", "base", "method", "change", "use", "told"),
    [
        ("task", ToyTask, "loss", lambda x: x.mean(), lambda t: t.loss(torch.ones(4, 4), batch(t).targets), "one loss for each sample, shape (4,)"),
        ("task", ToyTask, "evaluate", lambda x: {}, lambda t: t.evaluate(lambda x: x[:, :4], "test"), 'the declared score "cross-entropy"'),
        ("task", ToyTask, "evaluate", lambda x: {"cross-entropy": "good"}, lambda t: t.evaluate(lambda x: x[:, :4], "test"), "one real number"),
        ("task", ToyTask, "batch", lambda x: (x.inputs, x.targets), batch, "expected a Batch"),
        ("task", ToyTask, "example", lambda x: x[:0], lambda t: t.example(2), "the 2 samples"),
        ("space", ToySpace, "references", lambda x: [], lambda s: s.references(), "some architectures"),
        ("space", ToySpace, "references", lambda x: [1], lambda s: s.references(), "an Architecture"),
        ("space", ToySpace, "build", lambda x: None, lambda s: s.build(asked()[0], ToyTask()), "a torch module"),
        ("space", ToySpace, "supernet", lambda x: x.whole, lambda s: s.supernet(ToyTask()), "a Supernet"),
        ("embedding", ToyEmbedding, "embed", lambda x: x / 0, lambda e: e.embed(ToyDevice(), ["latency_ms"], CONTEXT), "not finite"),
        ("embedding", ToyEmbedding, "embed", lambda x: x[None], lambda e: e.embed(ToyDevice(), ["latency_ms"], CONTEXT), "a vector of floats"),
        ("objective", ToyQuality, "relaxed", lambda x: x[0], lambda o: o.relaxed([1, 2], [3], CONTEXT), "devices by architectures"),
        ("optimizer", ToyOptimizer, "step", lambda x: None, started, "a StepReport"),
        ("optimizer", ToyOptimizer, "step", lambda x: StepReport("x", {"loss": "low"}), started, "one real number"),
        ("optimizer", ToyOptimizer, "state_dict", lambda x: {"a": {1, 2}}, lambda o: started(o).state_dict(), "a set at state['a']"),
        ("optimizer", ToyOptimizer, "state_dict", lambda x: {"a": np.ones(2)}, lambda o: started(o).state_dict(), "a ndarray at state['a']"),
        ("optimizer", ToyOptimizer, "predict", lambda x: [], lambda o: started(o).predict(PROBLEM.devices[0], asked()), "one mapping for each of 3"),
        ("optimizer", ToyOptimizer, "predict", lambda x: [{"beauty": 1.0}] * 3, lambda o: started(o).predict(PROBLEM.devices[0], asked()), 'predicts "beauty"'),
        ("optimizer", ToyOptimizer, "predict", lambda x: [{"toyq": float("nan")}] * 3, lambda o: started(o).predict(PROBLEM.devices[0], asked()), "predicts toyq = nan"),
        ("optimizer", ToyOptimizer, "portfolio", lambda x: ["a"], lambda o: started(o).portfolio(PROBLEM.devices[0], 2, ENDS), "an Architecture"),
    ],
)  # fmt: skip
def test_wrong_answers_name_part_and_method(
    kind: str, base: type, method: str, change: Any, use: Any, told: str
) -> None:
    factory = answering(base, method, change)
    if kind == "objective":
        factory.relaxed = lambda self, *_: torch.ones(3)  # type: ignore[attr-defined]
    with pytest.raises(PluginError) as fault:
        use(made(kind, factory))
    assert str(fault.value).startswith(f'{kind.capitalize()} "mine" (acme 1.0)')
    assert method in str(fault.value)
    assert told in str(fault.value)


class Unfinished(Device):
    metrics = frozenset()

    def cost(self, *_: Any) -> list[Value]:
        return []


@pytest.mark.parametrize(
    ("kind", "factory", "told"),
    [
        ("device", Unfinished, "has no attribute profile"),
        ("device", dict, "must return a Device"),
        ("task", ToyDevice, "must return a Task"),
        ("optimizer", ToyDevice, "has no method start()"),
    ],
)
def test_a_part_that_is_none_is_refused_when_made(kind: str, factory: Any, told: str) -> None:
    with pytest.raises(PluginError, match=r'"mine" \(acme 1.0\)') as fault:
        made(kind, factory)
    assert told in str(fault.value)


# -- blame --------------------------------------------------------------------------------------


class Failing(ToyDevice):
    def cost(self, metric: str, architectures: Any, context: Any) -> list[Value]:
        return [self._one(architecture) for architecture in architectures]

    def _one(self, architecture: Any) -> Value:
        raise RuntimeError("cable\nunplugged")


class FailingSpace(ToySpace):
    def supernet(self, task: Any) -> Any:
        raise SystemExit(7)


def caught(use: Any, *entries: Entry) -> str:
    catalog = Catalog(Discovery(entries, ()))
    try:
        use()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked at
        fault = plugin_fault(error, catalog)
        assert fault is not None
        assert fault.exit_code == 3
        return str(fault)
    raise AssertionError("nothing was raised")


def test_an_exception_names_plugin_provider_method_and_architecture() -> None:
    device, objective = entry("device", Failing, "box"), entry("objective", Reading, "lat")
    reading = objective.create()
    told = caught(lambda: reading.evaluate(asked(), device.create(), CONTEXT), device, objective)
    assert told.startswith('Device "box" (acme 1.0) failed in Failing.cost() (in Failing._one)')
    assert f"on architecture {asked()[0].key}: RuntimeError: cable unplugged" in told
    assert "test_guard.py, line" in told


def test_a_part_that_ends_the_process_is_named() -> None:
    space = entry("space", FailingSpace, "box")
    told = caught(lambda: space.create().supernet(ToyTask()), space)
    assert 'Space "box" (acme 1.0) failed in FailingSpace.supernet(): SystemExit: 7' in told


def test_a_part_of_ones_own_is_named_by_its_class() -> None:
    told = caught(lambda: Failing().cost("latency_ms", asked(), CONTEXT))
    assert told.startswith('Device "toy-device" (of ')
    assert "not installed) failed in Failing.cost()" in told


def test_a_fault_of_the_core_blames_nobody() -> None:
    with pytest.raises(AttributeError) as caught:
        PROBLEM.evaluator.matrix("nonsense", PROBLEM.devices[0])  # type: ignore[arg-type]
    assert plugin_fault(caught.value, Catalog(Discovery((), ()))) is None


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Mumbling(ToyDevice):
    def cost(self, *_: Any) -> list[Value]:
        raise UnspeakableError


def test_an_exception_that_cannot_be_shown_is_named_all_the_same() -> None:
    device = entry("device", Mumbling, "box")
    told = caught(lambda: device.create().cost("latency_ms", asked(), CONTEXT), device)
    assert "Mumbling.cost(): UnspeakableError (" in told


# -- patience -----------------------------------------------------------------------------------


def test_a_search_that_evaluates_nothing_more_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = toy_problem(budget="30evals")
    monkeypatch.setattr("monas_core.problem.patience.SECONDS", 0.0)
    patience = Patience('Optimizer "idle"', problem)
    problem.meter.evaluations = 3
    for _ in range(2000):
        patience.step_taken()
    problem.meter.evaluations = 4
    for _ in range(2000):
        patience.step_taken()
    with pytest.raises(PluginError, match=r'Optimizer "idle" took 2000 steps .* 30evals'):
        patience.step_taken()


def test_other_budgets_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monas_core.problem.patience.SECONDS", 0.0)
    patience = Patience('Optimizer "learner"', toy_problem(budget="30s"))
    for _ in range(5000):
        patience.step_taken()
