"""What a distribution does before anything of it is used."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import ClassVar

import pytest

from monas_core import events
from monas_core.catalog.discovery import GROUP
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import MissingPackage
from monas_core.testing.contracts.base import Contract

SAMPLES: tuple[events.Event, ...] = (
    events.PhaseStarted(0.0, "search", 10.0, "steps"),
    events.StepFinished(1.0, "search", 1.0, 1, {"loss": 1.0}),
    events.FrontChanged(2.0, "host", 0.5, [], "search"),
    events.CheckpointSaved(3.0, "checkpoints/step_0"),
    events.Warned(4.0, "nothing of importance"),
    events.RunFinished(5.0, "done", {"search": 5.0}),
)


class PackageContract(Contract):
    """Any plugin: cheap to list, and nothing of it is forgotten."""

    kind: ClassVar[str | None] = None
    reads: ClassVar[str] = "monas_core.catalog.hookspecs, docs/public-surface.md, CONTRIBUTING.md"

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

    def test_plain_kinds_do_what_their_hook_says(self, subject: Entry) -> None:
        if subject.kind == "preset":
            found = subject.create()
            assert isinstance(found, Mapping), (
                f"a preset is a function that returns a mapping of config keys, not {found!r:.60}"
            )
        elif subject.kind == "observer":
            try:
                observer = subject.create()
            except MissingPackage as missing:
                pytest.skip(str(missing))
            assert callable(observer), "an observer's factory must return something callable"
            for event in SAMPLES:
                observer(event)
        elif subject.kind == "command":
            assert callable(subject.load()), "a command is a function that typer can use"


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
