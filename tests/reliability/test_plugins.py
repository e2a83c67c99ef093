"""Plugins that fail, block or vanish in the middle of a run: named, and nothing is lost."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from monas_core.catalog import discovery, overdue
from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, PluginError, UsageError
from monas_core.events import Bus, Event, Warned
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.plan import Plan
from monas_core.testing.fakes import (
    ToyDevice,
    ToyEmbedding,
    ToyLatency,
    ToyQuality,
    ToySpace,
    ToyTask,
)
from monas_core.values.budget import Budget


@pytest.fixture
def alarm() -> Iterator[None]:
    """The system's alarm, which pytest's own time limit has otherwise."""
    before, left = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0]
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    yield
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL  # given back
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, left)


def plan(**parts: Any) -> Plan:
    from monas_core.record.config import RunConfig

    installed, space = Catalog.installed(), ToySpace()
    given: dict[str, Any] = {
        "config": RunConfig(
            space="toy", objectives=("quality", "latency"), devices=("toy-a",), held_out=(),
            budget=Budget.parse("4steps"), preferences=4, trainer="sandwich", optimizer="random",
        ),
        "space": space,
        "task": ToyTask(),
        "objectives": (ToyQuality(), ToyLatency()),
        "devices": (ToyDevice("toy-a"),),
        "held_out": (),
        "embedding": ToyEmbedding(),
        "trainer": installed.find("trainer", "sandwich").create(),
        "optimizer": installed.create("optimizer", "random", {"batch": 2}),
        "warm_up": attrs.evolve(space.warm_up, steps=2, batch_size=4),
        "torch_device": torch.device("cpu"),
    }  # fmt: skip
    return Plan(**(given | parts))


def run(made: Plan, path: Path, hear: Callable[[Event], None] | None = None) -> dict[str, Any]:
    known = (path / "config.yaml").is_file()
    folder = RunFolder.open(path) if known else RunFolder.create(path, made.config)
    bus = Bus()
    if hear is not None:
        bus.attach(hear)
    execute(made, folder, bus, Control())
    return {file.name: json.loads(file.read_text()) for file in path.glob("front/*.json")}


def late(base: type, method: str, fault: Callable[[], object], after: int) -> Any:
    """An instance whose method misbehaves from some call on."""
    calls = 0

    def changed(self: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            fault()
        return getattr(base, method)(self, *arguments, **named)

    return type(f"Late{base.__name__}", (base,), {method: changed, "__module__": __name__})


def failing(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


RAISES = (
    ("objectives", ToyQuality, "evaluate", 3, RuntimeError("no more")),
    ("objectives", ToyQuality, "evaluate", 3, SystemExit(0)),
    ("devices", ToyDevice, "cost", 2, ConnectionResetError("the board is gone")),
    ("devices", ToyDevice, "state_dict", 1, OSError("unplugged")),
    ("task", ToyTask, "batch", 1, ValueError("a bad sample")),
    ("task", ToyTask, "loss", 1, ZeroDivisionError("a mean of nothing")),
    ("embedding", ToyEmbedding, "embed", 0, KeyError("clock")),
)


@pytest.mark.parametrize(("kind", "base", "method", "after", "error"), RAISES)
def test_what_fails_is_named_and_what_was_done_stays(
    tmp_path: Path, kind: str, base: type, method: str, after: int, error: BaseException
) -> None:
    """Whole again, the same run goes on to the fronts of one that nothing befell."""
    bad = late(base, method, failing(error), after)
    part = bad("toy-a") if base is ToyDevice else bad()
    given = {"objectives": (part, ToyLatency()), "devices": (part,)}.get(kind, part)
    named = f"^{kind.rstrip('s').capitalize()} .*failed in .*{type(error).__name__}"
    with pytest.raises(MonasError, match=named):
        run(plan(**{kind: given}), tmp_path / "run")
    assert run(plan(), tmp_path / "run") == run(plan(), tmp_path / "whole")


ANSWERS = (
    (float("nan"), "nan"),
    (float("inf"), "inf"),
    ("fast", "fast"),
)


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
def test_a_cost_that_is_no_number_is_refused_with_its_device(
    tmp_path: Path, answer: Any, told: str
) -> None:
    from monas_core.values.value import Value

    def cost(self: Any, metric: str, asked: Any, context: Any) -> list[Value]:
        return [Value(answer, "ms", "modelled") for _ in asked]

    bad = type("Odd", (ToyDevice,), {"cost": cost, "__module__": __name__})("toy-a")
    with pytest.raises(MonasError, match=told):
        run(plan(devices=(bad,)), tmp_path / "run")


@pytest.mark.usefixtures("alarm")
def test_a_plugin_that_blocks_is_ended_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(overdue.LIMIT, "0.5")
    slow = late(ToyQuality, "evaluate", lambda: time.sleep(60), 2)()
    begin = time.monotonic()
    with pytest.raises(PluginError, match=r'^Objective "toy-quality" .*longer than the 0\.5 s'):
        run(plan(objectives=(slow, ToyLatency())), tmp_path / "run")
    assert time.monotonic() - begin < 30
    monkeypatch.delenv(overdue.LIMIT)
    assert run(plan(), tmp_path / "run") == run(plan(), tmp_path / "whole")


@pytest.mark.usefixtures("alarm")
def test_a_plugin_that_takes_long_is_named_while_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "TOLD_S", 0.3)
    said: list[str] = []
    naps = iter([1.0])
    slow = late(ToyQuality, "evaluate", lambda: time.sleep(next(naps, 0.0)), 3)()
    run(
        plan(objectives=(slow, ToyLatency())), tmp_path / "run",
        lambda event: said.append(event.message) if isinstance(event, Warned) else None,
    )  # fmt: skip
    assert any(text.startswith('Objective "toy-quality"') and "goes on" in text for text in said)


def test_patience_is_a_number_of_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(overdue.LIMIT, "soon")
    with pytest.raises(UsageError, match='MONAS_PATIENCE is "soon"; it must be'):
        overdue.patience()


@pytest.mark.usefixtures("alarm")
def test_a_hook_that_blocks_harms_only_its_plugin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from importlib.metadata import EntryPoint

    (tmp_path / "blocking_shelf.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(discovery, "_HOOKS_S", 0.3)
    found = discovery.discover([EntryPoint("blocking", "blocking_shelf", "monas")])
    (fault,) = found.faults
    assert fault.state == "broken"
    assert "took longer than 0.3 s" in fault.reason
