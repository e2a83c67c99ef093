"""Front files: written as JSON (schema 1) and CSV, read back checked. How a front is made of
evaluations is in ``frontfile``, which needs numpy; this does not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from monas_core import seals
from monas_core.errors import UsageError
from monas_core.files import write_text
from monas_core.values.choices import active_choices
from monas_core.values.member import SCHEMA, Front

Conditions = Mapping[str, Sequence[Any]]
"""``[parent, [options]]`` by conditional choice."""
_NONE: Conditions = MappingProxyType({})

_OVER = "needs beyond memory [MB]"
"""Column of a CSV file: what a network that does not fit into the device needs."""


def write_front(folder: Path, front: Front, conditions: Conditions = _NONE) -> Path:
    """``front/<device>.json`` and ``.csv``; returns the path of the JSON."""
    path = folder / f"{front.device}.json"
    seals.write(path, front.to_json(), seals.identity(folder.parent))
    write_text(path.with_suffix(".csv"), to_csv(front, conditions))
    return path


def to_csv(front: Front, conditions: Conditions = _NONE) -> str:
    """One row per member: key, values with units in the header and what is known of them, choices.

    Choices that do not count for a member, as those of a layer it has not, are empty.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = _columns(front)
    choices = list(dict.fromkeys(name for member in front.members for name in member.choices))
    writer.writerow(map(_cell, ["key", *columns, *choices]))
    for index, member in enumerate(front.members):
        answers = active_choices(member.choices, conditions)
        cells = [column[index] for column in columns.values()]
        writer.writerow(
            map(_cell, [member.key, *cells, *(answers.get(name, "") for name in choices)])
        )
    return stream.getvalue()


def _columns(front: Front) -> dict[str, list[Any]]:
    """Cells by title: values, then whatever else any member has, then origins."""
    members = front.members
    found: dict[str, list[Any]] = {}
    for objective in front.objectives:
        title = f"{objective.name} [{objective.unit}]"
        found[title] = [member.values[objective.name] for member in members]
    for word in ("retrained", "spread", "predicted"):
        for objective in front.objectives:
            tables: list[Mapping[str, float]] = [getattr(member, word) for member in members]
            if any(objective.name in table for table in tables):
                title = f"{objective.name} {word} [{objective.unit}]"
                found[title] = [table.get(objective.name, "") for table in tables]
    if any(member.exceeds_memory for member in members):
        found[_OVER] = [member.exceeds_memory.get("needs_mb", "") for member in members]
    for name in dict.fromkeys(name for member in members for name in member.extra):
        found.setdefault(name, [member.extra.get(name, "") for member in members])
    for name in front.names:
        found[f"{name} origin"] = [member.origin[name] for member in members]
    return found


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text."""
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value


def read_front(path: Path) -> Front:
    """Read a front file. Raises UsageError when it is missing, damaged or of another schema."""
    try:
        document = seals.read(path, seals.identity(path.parent.parent))
    except FileNotFoundError as error:
        raise UsageError(f"Front file {path} is missing; is the run finished?") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"Front file {path} is damaged: {error}.") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(
            f"Front file {path} is not of schema {SCHEMA}; it was not written by this version."
        )
    try:
        return Front.from_json(document)
    except ValueError as error:
        raise UsageError(f"Front file {path} is damaged: {error}.") from error
