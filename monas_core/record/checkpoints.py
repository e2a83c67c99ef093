"""The checkpoints of a folder: which there are, and the newest that can be trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from monas_core import state
from monas_core.errors import UsageError
from monas_core.files import inside, remove
from monas_core.record.logs import Mark
from monas_core.values.reading import finite_number

ARCHIVE, EVENTS = "archive.jsonl", "events.jsonl"
_FOLDER = "checkpoints"
_NAME = re.compile(r"step_(\d{8,12})")
_KEPT = 2


@attrs.frozen
class Checkpoint:
    """State that was saved, read back and compared with its digests.

    Attributes:
        path: Where it lies.
        number: Counted from 0.
        clock: Seconds of work until then.
        logs: How far the logs went, by name.
        content: What was saved.
        faults: Why newer ones were passed over.
    """

    path: Path
    number: int
    clock: float
    logs: Mapping[str, Mark]
    content: Mapping[str, Any]
    faults: tuple[str, ...] = ()


def found(folder: Path) -> list[Path]:
    """Checkpoints of a folder, oldest first; whether they are whole is not known yet."""
    parent = inside(folder, _FOLDER)
    if not parent.is_dir():
        return []
    names = sorted(path.name for path in parent.iterdir() if _NAME.fullmatch(path.name))
    return [inside(parent, name) for name in names]


def path_of(folder: Path, number: int) -> Path:
    """Where the checkpoint of this number goes."""
    return inside(folder, _FOLDER) / f"step_{number:08d}"


def next_number(folder: Path) -> int:
    """A number above all that are there."""
    return max((_number(path) for path in found(folder)), default=-1) + 1


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else -1


def newest(folder: Path, whose: str = "") -> Checkpoint | None:
    """The newest checkpoint that is whole and whose archive is, or ``None`` without any.

    Args:
        folder: Of the work.
        whose: What its files are marked with.

    Raises:
        UsageError: There are some, but none can be gone on from; says what is missing.
    """
    faults: list[str] = []
    for path in reversed(found(folder)):
        try:
            loaded = _usable(path, folder, whose)
        except UsageError as error:
            faults.append(str(error))
            continue
        return attrs.evolve(loaded, faults=tuple(faults))
    if faults:
        raise UsageError(
            f"{folder} cannot be gone on with: {faults[0].rstrip('.')}. Restore what is missing "
            "from a copy, or start anew."
        )
    return None


def _usable(path: Path, folder: Path, whose: str) -> Checkpoint:
    """Load one whose archive is there. Raises UsageError for any other."""
    loaded = _load(path, whose)
    missing = loaded.logs[ARCHIVE].missing_in(inside(folder, ARCHIVE))
    if missing:
        raise UsageError(f"{path.name} counts on more than is there: {missing}.")
    return loaded


def fault_of(path: Path, folder: Path, whose: str = "") -> str:
    """Why a checkpoint cannot be gone on from, a sentence; empty where it can."""
    try:
        _usable(path, folder, whose)
    except UsageError as error:
        return str(error)
    return ""


def _load(path: Path, whose: str) -> Checkpoint:
    content = state.load(path, whose)
    clock, logs = content.get("clock"), content.get("logs")
    if clock is None or not finite_number(clock) or not isinstance(logs, Mapping):
        raise UsageError(f"Checkpoint {path} is damaged: it has no clock or knows no logs.")
    marks = {name: Mark.from_json(logs.get(name)) for name in (ARCHIVE, EVENTS)}
    return Checkpoint(path, _number(path), max(0.0, float(clock)), marks, content)


def mark_of(folder: Path, log: str, whose: str = "") -> Mark:
    """How far a log went by the newest manifest that can be read; the empty mark without any."""
    marks = (mark_in(path, log, whose) for path in reversed(found(folder)))
    return next((mark for mark in marks if mark is not None), Mark())


def mark_in(path: Path, log: str, whose: str = "") -> Mark | None:
    """How far a log went by the manifest of one checkpoint; ``None`` where it does not tell."""
    try:
        return Mark.from_json(state.manifest_of(path, whose)["logs"][log])
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None


def prune(folder: Path, useless: Sequence[Path] = ()) -> None:
    """Keep the newest two, and none of those that turned out to be useless."""
    for path in useless:
        remove(path)
    for old in found(folder)[:-_KEPT]:
        remove(old)
