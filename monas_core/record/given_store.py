"""``given.json`` of a run folder: the parts of a run that no package provides.

A program handed them over. The run keeps what they are called, which class they are of, a
digest of their code, their plain settings, and whatever is asked of them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monas_core import seals
from monas_core.errors import UsageError
from monas_core.files import command, inside

FILE = "given.json"
SCHEMA = 1
PARAMETERS = {"objective": "objectives", "device": "devices"}
"""By kind, the parameter of ``monas.search`` that takes it, where it is not the kind itself."""


def write(run: Path, parts: Sequence[Mapping[str, Any]], whose: str = "") -> None:
    """Keep what is known of some parts of the run of that mark; no file where there are none."""
    if parts:
        seals.write(run / FILE, {"schema": SCHEMA, "parts": [dict(p) for p in parts]}, whose)


def read(run: Path) -> list[dict[str, Any]]:
    """What a run keeps, ``{"kind", "name", "class", "code", "settings", ...}`` each.

    Raises:
        UsageError: The file is damaged.
    """
    path = inside(run, FILE)
    if not path.exists():
        return []
    try:
        parts = seals.read(path, seals.identity(run))["parts"]
        for part in parts:
            for key in ("kind", "name", "class", "code", "settings", "facts"):
                _ = part[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is damaged: {error}; restore it from a copy.") from error
    return parts


def in_words(parts: Iterable[Mapping[str, Any]]) -> str:
    """``space "toy" (class Toy) and device "desk" (class Desk)``."""
    told = [f'{p["kind"]} "{p["name"]}" (class {p["class"].partition(":")[2]})' for p in parts]
    return ", ".join(told[:-1]) + (" and " if len(told) > 1 else "") + "".join(told[-1:])


def parameters(parts: Iterable[Mapping[str, Any]]) -> str:
    """``, space=..., optimizer=...``: how they are handed in."""
    names = dict.fromkeys(PARAMETERS.get(part["kind"], part["kind"]) for part in parts)
    return "".join(f", {name}=..." for name in names)


def going_on(run: Path, *, python: bool = False) -> str:
    """How an unfinished run is taken up again: where it stands, and by whom it can be.

    Args:
        run: The folder.
        python: Whether a program asks; the command line knows nothing of a program's own parts.
    """
    try:
        parts = read(run)
    except UsageError:
        parts = []
    if parts or python:
        return f"monas.search(resume={str(run)!r}{parameters(parts)}) in Python"
    return command("monas run --resume", run)
