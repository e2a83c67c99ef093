"""How a run went, from its event log: what it was, what it evaluated, hypervolumes, warnings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from monas_core.errors import Caution, UsageError
from monas_core.events import EvaluationAdded, Event, FrontChanged, RunStarted, Warned
from monas_core.record.rundir import RunFolder
from monas_core.record.soundness import events_missing

_MOST_POINTS = 400
"""Of a curve: more than a screen can show only makes the page heavier."""
_LEAST_GAP = 1e-5
"""A smaller gain in hypervolume is none that a person would see."""


@attrs.define
class Curve:
    """Hypervolume of one device's front while the search went on.

    Attributes:
        seconds: Since the run first started, ascending.
        values: Shares of the reference box.
    """

    seconds: list[float] = attrs.field(factory=list)
    values: list[float] = attrs.field(factory=list)

    def thinned(self, at_most: int = _MOST_POINTS) -> Curve:
        """Evenly chosen points of it, the last one included."""
        size = len(self.seconds)
        if size <= at_most:
            return self
        kept = [round(i * (size - 1) / (at_most - 1)) for i in range(at_most)]
        return Curve([self.seconds[i] for i in kept], [self.values[i] for i in kept])

    def gap(self) -> Curve:
        """What is still missing to the last value, from the first front that was searched.

        The first front of a log is that of the references, which the search has not found.
        """
        first = 1 if len(self.seconds) > 2 else 0
        last = self.values[-1] if self.values else 0.0
        gaps = [last - value for value in self.values[first:]]
        return Curve(self.seconds[first:], [gap if gap >= _LEAST_GAP else 0.0 for gap in gaps])

    def improved(self) -> float | None:
        """When the last value was first reached, in seconds; ``None`` without values."""
        known = zip(self.seconds, self.values, strict=True)
        return next((time for time, value in known if value >= self.values[-1]), None)


@attrs.define
class Evaluated:
    """One architecture that the search evaluated, on the data that steers it.

    Attributes:
        choices: Its answers.
        values: By device, then by objective; costs are those the search knew.
    """

    choices: Mapping[str, Any]
    values: dict[str, Mapping[str, float]] = attrs.field(factory=dict)


@attrs.define
class History:
    """A fold of the event log.

    Attributes:
        started: The resolved run; ``None`` if the log does not begin with one.
        curves: By device, of the search.
        evaluated: By key, in the order in which they came.
        warnings: Each once, in order.
    """

    started: RunStarted | None = None
    curves: dict[str, Curve] = attrs.field(factory=dict)
    evaluated: dict[str, Evaluated] = attrs.field(factory=dict)
    warnings: list[str] = attrs.field(factory=list)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the run told of itself at its start."""
        return self.started.facts if self.started else {}

    @property
    def searched(self) -> Sequence[str]:
        """Devices the search saw."""
        return self.started.devices if self.started else ()

    def take(self, event: Event) -> None:
        """Note one more event."""
        if isinstance(event, RunStarted):
            self.started = event
        elif isinstance(event, FrontChanged) and event.split == "search":
            curve = self.curves.setdefault(event.device, Curve())
            curve.seconds.append(float(event.time))
            curve.values.append(float(event.hypervolume))
        elif isinstance(event, EvaluationAdded) and event.split == "search":
            choices = event.architecture.get("choices", {})
            known = self.evaluated.setdefault(event.key, Evaluated(choices))
            known.values[event.device] = event.values
        elif isinstance(event, Warned) and event.message not in self.warnings:
            self.warnings.append(event.message)


def told(folder: RunFolder) -> History:
    """The history of a run.

    Raises:
        UsageError: The event log is missing or damaged.
    """
    path = folder.at("events.jsonl")
    if not path.is_file():
        raise UsageError(f"Event log {path} is missing; without it there is no report.")
    history = History()
    for event in folder.events():
        history.take(event)
    if fault := events_missing(folder):
        warnings.warn(f"{fault} The report tells what is left.", Caution, stacklevel=2)
    return history
