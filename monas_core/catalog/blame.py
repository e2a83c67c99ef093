"""Which plugin an exception comes from: read off the frames it passed through.

A part may fail anywhere, in a method the core called or deep inside a network it built; the
frames tell whose code ran last, in which method, and for which architecture.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import attrs

from monas_core.catalog.given import GivenEntry
from monas_core.catalog.guard import MARK
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import MonasError, PluginError

_CORE = "monas_core"
_INTERFACES = {
    "SearchSpace": "space",
    "Supernet": "space",
    "Task": "task",
    "Loss": "loss",
    "Objective": "objective",
    "Device": "device",
    "HardwareEmbedding": "embedding",
    "Optimizer": "optimizer",
    "Benchmark": "benchmark",
}
"""Kind of plugin by the name of an interface of the core."""
_LONGEST = 300


@attrs.frozen
class _Place:
    """A frame of a traceback with the line it was at."""

    frame: FrameType
    line: int

    @property
    def package(self) -> str:
        return str(self.frame.f_globals.get("__name__", "")).partition(".")[0]

    @property
    def owner(self) -> Any:
        """``self`` of a method; ``None`` elsewhere."""
        return self.frame.f_locals.get("self")


def plugin_fault(error: BaseException, catalog: Catalog | None = None) -> PluginError | None:
    """An exception as a sentence that names plugin, provider, method and architecture.

    Args:
        error: As caught; its traceback tells.
        catalog: What is installed; found again where it is not at hand.

    Returns:
        ``None`` where no plugin had a part in it, and for faults that explain themselves.
    """
    if isinstance(error, MonasError | KeyboardInterrupt):
        return None
    suspect = _suspect(list(_places(error.__traceback__)), catalog)
    if suspect is None:
        return None
    last = suspect.last
    file = Path(last.frame.f_code.co_filename).name
    return PluginError(
        f"{suspect.who} failed in {suspect.where}: {said(error)} ({file}, line {last.line}). "
        f"{_remedy(suspect.part)}"
    )


def at_work(frame: FrameType | None, catalog: Catalog | None = None) -> str:
    """Which plugin is at work in a frame, and in which method: the beginning of a sentence.

    Empty where none is.
    """
    places: list[_Place] = []
    while frame is not None:
        places.insert(0, _Place(frame, frame.f_lineno))
        frame = frame.f_back
    suspect = _suspect(places, catalog)
    return f"{suspect.who} is in {suspect.where}" if suspect else ""


@attrs.frozen
class _Suspect:
    """The plugin whose code ran last.

    Attributes:
        who: Kind, name and provider.
        where: Method, the function inside it, and the architecture it was asked for.
        part: Whose method it is; ``None`` for a function.
        last: The innermost frame of it.
    """

    who: str
    where: str
    part: Any
    last: _Place


def _suspect(places: Sequence[_Place], catalog: Catalog | None) -> _Suspect | None:
    """Off the frames that were passed through, outermost first."""
    owners = _owners(catalog or Catalog.installed())
    guilty = [place for place in places if place.package in owners or _interface(place.owner)]
    if not guilty:
        return None
    last = guilty[-1]
    mine = _of_one_plugin(guilty, last)
    part = next((p.owner for p in reversed(mine) if _interface(p.owner)), None)
    method = next((p for p in mine if part is not None and p.owner is part), mine[0])
    inside = "" if last.frame is method.frame else f" (in {last.frame.f_code.co_qualname})"
    where = f"{method.frame.f_code.co_qualname}(){inside}{_asked(mine)}"
    return _Suspect(_who(part, last, owners.get(last.package, ())), where, part, last)


def _remedy(part: Any) -> str:
    if isinstance(getattr(part, MARK, None), GivenEntry):
        return "Mend it in your program; the traceback above tells the rest."
    return "Tell its author, or leave it out; --debug shows the traceback."


@contextlib.contextmanager
def guilty_named() -> Iterator[None]:
    """Raise what a plugin raises as a PluginError that names it; leave all else as it is."""
    try:
        yield
    except (Exception, SystemExit) as error:
        fault = plugin_fault(error)
        if fault is None:
            raise
        raise fault from error


def said(error: BaseException) -> str:
    """Type and text of a stranger's exception, on one line, whatever its text does."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a stranger's code may do anything
        text = ""
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _places(trace: TracebackType | None) -> Iterator[_Place]:
    while trace is not None:
        yield _Place(trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next


def _owners(catalog: Catalog) -> dict[str, list[Entry]]:
    """Entries by the top-level package that their factories lie in."""
    found: dict[str, list[Entry]] = {}
    for entry in catalog.entries():
        found.setdefault(entry.spec.factory.partition(".")[0].partition(":")[0], []).append(entry)
    found.pop(_CORE, None)
    return found


def _interface(owner: Any) -> str:
    """Kind of a part that is not the core's own; empty for anything else."""
    kind = type(owner)
    if kind.__module__.partition(".")[0] == _CORE:
        return ""
    bases = (base for base in kind.__mro__ if base.__module__.partition(".")[0] == _CORE)
    return next((_INTERFACES[b.__name__] for b in bases if b.__name__ in _INTERFACES), "")


def _of_one_plugin(guilty: Sequence[_Place], last: _Place) -> list[_Place]:
    """The frames since code of the guilty package was entered, outermost first."""
    mine: list[_Place] = []
    for place in reversed(guilty):
        if place.package != last.package:
            break
        mine.insert(0, place)
    return mine


def _who(part: Any, last: _Place, offered: Sequence[Entry]) -> str:
    entry: Entry | None = getattr(part, MARK, None) or _likely(part, last, offered)
    if entry is not None:
        return f'{entry.kind.capitalize()} "{entry.name}" ({entry.origin})'
    if offered:
        return f"Plugin {offered[0].provider} {offered[0].version}"
    name = getattr(part, "name", None)
    label = name if isinstance(name, str) else type(part).__name__
    return f'{_interface(part).capitalize()} "{label}" (of {last.package}, not installed)'


def _likely(part: Any, last: _Place, offered: Sequence[Entry]) -> Entry | None:
    """The entry a part was made from, by its class; else the only one it can be."""
    classes = {f"{base.__module__}:{base.__qualname__}" for base in type(part).__mro__}
    classes.add(f"{last.frame.f_globals.get('__name__')}:{last.frame.f_code.co_qualname}")
    exact = [entry for entry in offered if entry.spec.factory in classes]
    kind = _interface(part)
    if not kind and _is_network(last.owner):
        kind = "space"
    alike = [entry for entry in offered if entry.kind == kind]
    for found in (exact, alike, offered):
        if len(found) == 1:
            return found[0]
    return None


def _is_network(owner: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(owner, torch.nn.Module)


def _asked(places: Sequence[_Place]) -> str:
    """The architecture that was being looked at, where a frame knows it."""
    for place in reversed(places):
        values = list(place.frame.f_locals.values())
        for value in values:
            if _is_architecture(value):
                return f" on architecture {value.key}"
        for value in values:
            several: list[Any] = list(value) if isinstance(value, list | tuple) else []
            if several and _is_architecture(several[0]):
                more = f", the first of {len(several)}" if len(several) > 1 else ""
                return f" on architecture {several[0].key}{more}"
    return ""


def _is_architecture(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ == "Architecture" and kind.__module__.startswith(_CORE)
