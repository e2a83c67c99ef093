"""Events as they lie on disk, read as if a stranger had written them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core import events
from monas_core.errors import UsageError
from monas_core.record.logs import object_of, read_lines
from monas_core.values.member import Member, ObjectiveView


def read_events(path: Path, whose: str = "") -> Iterator[events.Event]:
    """Replay the event log of a run; an incomplete last line is left out.

    Raises:
        UsageError: A line is no event.
    """
    whole = Whole()
    for number, document in enumerate(read_lines(path, whose), start=1):
        try:
            yield whole(event_from(document))
        except ValueError as error:
            raise UsageError(f"{path} is damaged at line {number}: {error}.") from error


class Whole:
    """Events of one log, made whole: an architecture is written out once for all devices."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Any]] = {}

    def __call__(self, event: events.Event) -> events.Event:
        """The event, with the architecture that an earlier one told."""
        if not isinstance(event, events.EvaluationAdded):
            return event
        if event.architecture:
            self._known[event.key] = event.architecture
            return event
        return attrs.evolve(event, architecture=self._known.get(event.key, {}))


def event_in(line: bytes, whose: str = "") -> events.Event | None:
    """The event of one line, or ``None`` where it holds none: a log may be cut meanwhile."""
    try:
        return event_from(object_of(line, whose))
    except ValueError:
        return None


def event_from(document: Any) -> events.Event:
    """An event whose every part is of its kind. Raises ValueError."""
    if not isinstance(document, dict):
        raise ValueError("it holds no event")
    event = events.from_json(document)
    if isinstance(event, events.RunStarted):
        for objective in event.objectives:
            ObjectiveView.from_json({"unit": "", "direction": "min", **objective})
        _check_conditions(event.facts.get("conditions", {}))
    if isinstance(event, events.FrontChanged):
        for member in event.members:
            Member.from_json(member)
    return event


def _check_conditions(found: Any) -> None:
    """By conditional choice ``[parent, [options]]``."""
    rows = list(found.values()) if isinstance(found, Mapping) else [None]
    if not all(
        isinstance(row, list) and len(row) == 2 and isinstance(row[1], list) for row in rows
    ):
        raise ValueError("its conditions of choices are not what they should be")
