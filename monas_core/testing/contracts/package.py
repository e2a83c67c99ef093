"""What a distribution does before anything of it is used."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import math
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar

import pytest

from monas_core import events
from monas_core.catalog.discovery import GROUP
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import MissingPackage, UsageError
from monas_core.record.config import load_config
from monas_core.testing.contracts.base import Contract

_MEMBER: Mapping[str, Any] = {
    "key": "00ab",
    "architecture": {"space": "toy", "version": 1, "choices": {"depth": 2}},
    "values": {"acc": 90.0, "lat": 2.5},
}
_SLOW_S = 2.0
"""Longest an observer may take over one event between a run's begin and its end."""


def story(folder: str) -> tuple[events.Event, ...]:
    """Everything a run tells: broken off, gone on with and failed, gone on with and finished."""
    objectives = [
        {"name": "acc", "unit": "%", "direction": "max", "score": "accuracy"},
        {"name": "lat", "unit": "ms", "direction": "min"},
    ]
    whole = ("toy", "toy-optimizer", "toy-task", objectives, ["host"], ["board"])

    def started(time: float, *, resumed: bool) -> events.RunStarted:
        return events.RunStarted(time, folder, *whole, {"preset": "tiny", "seed": 0}, resumed)

    return (
        started(0.0, resumed=False),
        events.PhaseStarted(0.0, "warm-up", 0.0, "steps", {"parameters": 12}),
        events.StepFinished(1.0, "warm-up", 1.0, 1, {"loss": math.nan}, {"steps/s": 3.0}, "a note"),
        events.PhaseStarted(1.0, "search", 10.0, "steps"),
        events.StepFinished(1.5, "search", 1.0, 1, {}, memory_mb=512.0),
        events.EvaluationAdded(
            1.6, "host", _MEMBER["architecture"], "00ab", {"acc": 90.0}, "search"
        ),
        events.FrontChanged(2.0, "host", 0.5, [], "search"),
        events.FrontChanged(2.1, "host", 0.5, [_MEMBER], "final", [{"said": "lat at most 3 ms"}]),
        events.CheckpointSaved(3.0, "checkpoints/step_0"),
        events.Warned(4.0, "nothing of importance: %s {} <b>\n"),
        events.RunFinished(5.0, "interrupted", {"search": 5.0}, "go on with it"),
        started(5.0, resumed=True),
        events.RunFinished(6.0, "failed", {}, "no reason"),
        started(6.0, resumed=True),
        events.RunFinished(7.0, "done", {"search": 5.0, "finish": 1.0}),
    )


class PackageContract(Contract):
    """Any plugin: cheap to list, and nothing of it is forgotten."""

    kind: ClassVar[str | None] = None
    reads: ClassVar[str] = "monas_core.catalog.hookspecs, docs/public-surface.md, CONTRIBUTING.md"
    headings: ClassVar[Mapping[str, str]] = {
        "test_plain_kinds_do_what_their_hook_says": "Observers presets and commands"
    }

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, entry: Entry) -> Entry:
        """The entry of the catalog."""
        return entry

    def test_listing_it_imports_no_torch(self, subject: Entry) -> None:
        for module in _modules(subject.provider):
            heavy = _loaded(module)
            assert "torch" not in heavy, (
                f"importing {module} imports torch: `monas --help` and every listing wait for it. "
                "Import it in the modules that factories name, not in plugin.py or __init__.py"
            )

    def test_nothing_is_careless(self, subject: Entry, catalog: Catalog) -> None:
        told = [
            f"{fault.plugin}: {fault.reason}"
            for fault in catalog.faults
            if fault.provider == subject.provider and fault.state != "disabled"
        ]
        assert not told, "; ".join(told)

    def test_plain_kinds_do_what_their_hook_says(self, subject: Entry, tmp_path: Path) -> None:
        if subject.kind == "preset":
            check_preset(subject.create())
        elif subject.kind == "observer":
            try:
                observer = subject.create()
            except MissingPackage as missing:
                pytest.skip(str(missing))
            check_observer(observer, tmp_path)
        elif subject.kind == "command":
            assert callable(subject.load()), "a command is a function that typer can use"


def check_preset(found: Any) -> None:
    """Raise AssertionError unless it is a mapping of keys that a configuration has."""
    assert isinstance(found, Mapping), (
        f"a preset is a function that returns a mapping of config keys, not {found!r:.60}"
    )
    try:
        load_config(None, found, base={"space": "toy"})
    except UsageError as error:
        pytest.fail(f"no run can be configured with this preset: {error}")


def check_observer(observer: Any, folder: Path) -> None:
    """Raise AssertionError unless it hears a whole run out, and only hears."""
    assert callable(observer), "an observer's factory must return something callable"
    printed = io.StringIO()
    for event in story(str(folder)):
        kind, before = type(event).__name__, copy.deepcopy(events.to_json(event))
        begin = time.perf_counter()
        try:
            with contextlib.redirect_stdout(printed):
                observer(event)
        except Exception as error:
            raise AssertionError(
                f"it fails on {kind} with {error!r}: a run warns of that and tells it nothing more"
            ) from error
        seconds = time.perf_counter() - begin
        if not isinstance(event, events.RunStarted | events.RunFinished):
            assert seconds < _SLOW_S, (
                f"it takes {seconds:.1f} s over one {kind}, and a run waits for each observer: "
                "hand slow work to a thread"
            )
        assert repr(events.to_json(event)) == repr(before), (
            f"it changes the {kind} that it is told: whoever hears it next hears something else"
        )
    assert not printed.getvalue(), (
        f"it prints {printed.getvalue()!r:.40} to standard output, which belongs to --json and the "
        "screen; write to a file or to standard error"
    )


@functools.cache
def _modules(provider: str) -> tuple[str, ...]:
    points = [p for p in entry_points(group=GROUP) if p.dist and p.dist.name == provider]
    return tuple(sorted({point.module for point in points}))


@functools.cache
def _loaded(module: str) -> frozenset[str]:
    """Top-level modules in memory after importing one in a fresh process."""
    folders = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(' '.join(sys.modules))"],
        env={**os.environ, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{module} does not import alone: {done.stderr[-300:]}"
    return frozenset(name.partition(".")[0] for name in done.stdout.split())
