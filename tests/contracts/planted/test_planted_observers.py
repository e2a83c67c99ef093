"""Faults planted one at a time in observers and presets; each is caught, with its message."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from monas_core import events
from monas_core.events import Event
from monas_core.testing.contracts import package


class Keeps:
    """An honest one: remembers the last loss of each phase."""

    def __init__(self) -> None:
        self.losses: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.StepFinished):
            self.losses |= event.losses


class OwnedOnly(Keeps):
    """Knows steps only."""

    def __call__(self, event: Any) -> None:
        self.losses |= event.losses


class NoNan(Keeps):
    """A loss that is no number is too much for it."""

    def __call__(self, event: Event) -> None:
        for loss in getattr(event, "losses", {}).values():
            int(loss)


class OnceOnly(Keeps):
    """A run that goes on finds what the first part has closed."""

    ended = False

    def __call__(self, event: Event) -> None:
        if self.ended:
            raise RuntimeError("closed")
        self.ended = isinstance(event, events.RunFinished)


class GoodNewsOnly(Keeps):
    def __call__(self, event: Event) -> None:
        if isinstance(event, events.RunFinished):
            {"done": 0, "interrupted": 1}[event.status]


class Slow(Keeps):
    def __call__(self, event: Event) -> None:
        if isinstance(event, events.Warned):
            time.sleep(0.3)


class Takes(Keeps):
    """Empties what others hear next."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, events.StepFinished) and isinstance(event.losses, dict):
            event.losses.clear()


class Prints(Keeps):
    def __call__(self, event: Event) -> None:
        sys.stdout.write(str(event.time))


OBSERVERS: list[tuple[type[Keeps], str]] = [
    (OwnedOnly, "it fails on RunStarted with AttributeError"),
    (NoNan, "it fails on StepFinished with ValueError"),
    (OnceOnly, "it fails on RunStarted with RuntimeError"),
    (GoodNewsOnly, "it fails on RunFinished with KeyError"),
    (Slow, "a run waits for each observer"),
    (Takes, "that it is told: whoever hears it next"),
    (Prints, "to standard output, which belongs to --json"),
]


@pytest.mark.parametrize(("broken", "told"), OBSERVERS)
def test_faults_of_observers(
    broken: type[Keeps], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "_SLOW_S", 0.2)
    package.check_observer(Keeps(), tmp_path)
    with pytest.raises(AssertionError, match=told):
        package.check_observer(broken(), tmp_path)


def test_what_cannot_be_called() -> None:
    with pytest.raises(AssertionError, match="must return something callable"):
        package.check_observer(None, Path())


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (["budget", "10s"], "returns a mapping of config keys"),
        ({"bugdet": "10s"}, "no run can be configured with this preset: bugdet"),
        ({"budget": "10 parsecs"}, "no run can be configured with this preset"),
        ({"preferences": "many"}, "no run can be configured with this preset: preferences"),
    ],
)
def test_faults_of_presets(found: Any, told: str) -> None:
    package.check_preset({"budget": "10s", "objectives": ["acc", "lat"]})
    with pytest.raises((AssertionError, pytest.fail.Exception), match=told):
        package.check_preset(found)
