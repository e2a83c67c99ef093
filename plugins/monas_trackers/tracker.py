"""What every tracker is told of a run: its configuration, numbers over time, how it ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monas_core import events
from monas_core.events import Event


class Tracker(ABC):
    """An observer of plain numbers; a tracker says where they go.

    Names are ``PHASE/loss/NAME``, ``PHASE/rate/NAME`` over the steps of a phase, and
    ``hypervolume/DEVICE``, ``members/DEVICE``, ``best/DEVICE/OBJECTIVE`` and ``memory_mb`` over
    whole seconds of the run, which go on where a run is resumed.
    """

    _directions: Mapping[str, str] | None = None

    def __call__(self, event: Event) -> None:
        """Tell what an event holds; before a run began and after its end there is nothing to."""
        if self._directions is None and not isinstance(event, events.RunStarted):
            return
        match event:
            case events.RunStarted():
                self._directions = {o["name"]: o["direction"] for o in event.objectives}
                self.begin(Path(event.run), configuration(event))
            case events.RunFinished():
                self._directions = None
                self.end(event.status, event.message)
            case events.StepFinished() | events.FrontChanged():
                for name, value, step in self._numbers(event):
                    self.number(name, value, step)
            case events.Warned():
                self.warn(event.message)
            case _:
                pass

    def _numbers(
        self, event: events.StepFinished | events.FrontChanged
    ) -> Iterator[tuple[str, float, int]]:
        seconds = round(event.time)
        if isinstance(event, events.StepFinished):
            for kind, values in (("loss", event.losses), ("rate", event.rates)):
                for name, value in values.items():
                    yield f"{event.phase}/{kind}/{name}", value, event.step
            yield "memory_mb", event.memory_mb, seconds
            return
        yield f"hypervolume/{event.device}", event.hypervolume, seconds
        yield f"members/{event.device}", float(len(event.members)), seconds
        for name, direction in (self._directions or {}).items():
            found = [m["values"][name] for m in event.members if name in m["values"]]
            if found:
                best = max(found) if direction == "max" else min(found)
                yield f"best/{event.device}/{name}", best, seconds

    @abstractmethod
    def begin(self, folder: Path, configuration: Mapping[str, str]) -> None:
        """A run began, or goes on, in a folder."""

    @abstractmethod
    def number(self, name: str, value: float, step: int) -> None:
        """One number."""

    @abstractmethod
    def warn(self, message: str) -> None:
        """Something a person should know."""

    @abstractmethod
    def end(self, status: str, message: str) -> None:
        """The run is ``done``, ``interrupted`` or ``failed``."""


def configuration(event: events.RunStarted) -> dict[str, str]:
    """What a run was asked, as short texts by name."""
    asked: dict[str, Any] = {
        "space": event.space,
        "optimizer": event.optimizer,
        "task": event.task,
        "objectives": ", ".join(o["name"] for o in event.objectives),
        "devices": ", ".join(event.devices),
        "held out": ", ".join(event.held_out),
    }
    asked |= {name: value for name, value in event.facts.items() if isinstance(value, str | int)}
    return {name: str(value)[:250] for name, value in asked.items()}
