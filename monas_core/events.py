"""What a run tells the world: few frozen events of plain values, and the bus.

The engine emits them; run folder, screens and observers receive them. Nothing
here holds tensors, so every event is one line of JSON.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs


@attrs.frozen
class Event:
    """Anything that happened; ``time`` is seconds since the run first started."""

    time: float


@attrs.frozen
class RunStarted(Event):
    """The resolved run, before the first training second.

    ``objectives`` holds ``{"name", "unit", "direction"}`` each, and the name of the task's
    ``score`` where it is one; ``resumed`` says whether an earlier part is continued.
    """

    run: str
    space: str
    optimizer: str
    task: str
    objectives: Sequence[Mapping[str, str]]
    devices: Sequence[str]
    held_out: Sequence[str]
    facts: Mapping[str, Any]
    resumed: bool = False


@attrs.frozen
class PhaseStarted(Event):
    """A phase began; ``total`` is its length in ``unit``."""

    phase: str
    total: float
    unit: str
    facts: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class StepFinished(Event):
    """One unit of work: progress within the phase and numbers for the screen."""

    phase: str
    done: float
    step: int
    losses: Mapping[str, float] = attrs.field(factory=dict)
    rates: Mapping[str, float] = attrs.field(factory=dict)
    note: str = ""
    memory_mb: float = 0.0


@attrs.frozen
class EvaluationAdded(Event):
    """An architecture was evaluated on a device (``values`` by objective)."""

    device: str
    architecture: Mapping[str, Any]
    key: str
    values: Mapping[str, float]
    split: str


@attrs.frozen
class FrontChanged(Event):
    """The front of a device: members as ``{"key", "architecture", "values"}``.

    ``limits`` holds ``{"said", "met", "of", "nearest", "unit", ...}`` for each limit there.
    """

    device: str
    hypervolume: float
    members: Sequence[Mapping[str, Any]]
    split: str
    limits: Sequence[Mapping[str, Any]] = attrs.field(factory=list)


@attrs.frozen
class CheckpointSaved(Event):
    """State up to here survives a kill."""

    path: str


@attrs.frozen
class Warned(Event):
    """Something a person should know; the run goes on."""

    message: str


@attrs.frozen
class RunFinished(Event):
    """The end: ``status`` is ``done``, ``interrupted`` or ``failed``."""

    status: str
    seconds: Mapping[str, float]
    message: str = ""


TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        PhaseStarted,
        StepFinished,
        EvaluationAdded,
        FrontChanged,
        CheckpointSaved,
        Warned,
        RunFinished,
    )
}

Observer = Callable[[Event], None]


def to_json(event: Event) -> dict[str, Any]:
    """``{"event": TYPE, ...fields}``."""
    return {"event": type(event).__name__, **attrs.asdict(event, recurse=False)}


def from_json(document: Mapping[str, Any]) -> Event:
    """Inverse of ``to_json``. Raises ValueError for what no event looks like."""
    given = dict(document)
    kind = TYPES.get(str(given.pop("event", "")))
    if kind is None:
        raise ValueError(f"there is no event {document.get('event')!r:.40}")
    fields = {field.name: field for field in attrs.fields(kind)}
    unknown = given.keys() - fields.keys()
    missing = [n for n, f in fields.items() if n not in given and f.default is attrs.NOTHING]
    if unknown or missing:
        raise ValueError(f"{kind.__name__} has no {min([*unknown, *missing])!r:.40}")
    for name, value in given.items():
        try:
            given[name] = _READERS[str(fields[name].type)](value)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name} of {kind.__name__} is {value!r:.40}") from error
    return kind(**given)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:
    """``null`` stands for what JSON has no word for, as of a training that diverged."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _finite(value: Any) -> float:
    if not math.isfinite(number := _number(value)):
        raise ValueError
    return number


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "float": _finite,
    "int": lambda value: int(_finite(value)),
    "bool": _truth,
    "str": _text,
    "Mapping[str, Any]": _table,
    "Mapping[str, float]": lambda value: {n: _number(x) for n, x in _table(value).items()},
    "Sequence[str]": lambda value: [_text(item) for item in _list(value)],
    "Sequence[Mapping[str, str]]": lambda value: [
        {name: _text(text) for name, text in _table(item).items()} for item in _list(value)
    ],
    "Sequence[Mapping[str, Any]]": lambda value: [_table(item) for item in _list(value)],
}
"""How the fields of events are read, by annotation."""


class Bus:
    """Passes each event to every observer; a failing one warns once and is detached."""

    def __init__(self) -> None:
        self._observers: list[Observer] = []

    def attach(self, observer: Observer, *, first: bool = False) -> None:
        """Add an observer; order of attachment is order of delivery, but for ``first``."""
        self._observers.insert(0 if first else len(self._observers), observer)

    @contextlib.contextmanager
    def attached(self, observer: Observer, *, first: bool = False) -> Iterator[None]:
        """As ``attach``, for the length of the block alone: a bus may serve several runs."""
        self.attach(observer, first=first)
        try:
            yield
        finally:
            if observer in self._observers:
                self._observers.remove(observer)

    def emit(self, event: Event) -> None:
        """Deliver an event. A MonasError of an observer (a full disk, say) ends the run."""
        from monas_core.errors import MonasError

        for observer in list(self._observers):
            try:
                observer(event)
            except MonasError:
                raise
            except Exception as error:  # noqa: BLE001 - an observer is a stranger's code
                self._observers.remove(observer)
                name = getattr(observer, "__qualname__", type(observer).__name__)
                self.emit(Warned(event.time, f"observer {name} failed and was detached: {error!r}"))
