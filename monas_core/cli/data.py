"""``monas data``: what monas sees in a file or folder, before any run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli.options import Json

if TYPE_CHECKING:
    from monas_core.catalog.specs import Entry

READS = "reads-path"
"""What the spec of a task provides whose argument is a file or folder."""

Path_ = Annotated[
    str,
    typer.Argument(
        metavar="PATH", help="A file or folder; two files with a comma between them for sentences."
    ),
]


def command(path: Path_, json: Json = False) -> None:
    """Say what monas sees in a file or folder: layout, classes, parts, copies, broken files.

    Example: monas data photos/
    """
    from monas_core.cli.common import catalog, console, print_json
    from monas_core.errors import UsageError

    missing = next((part for part in path.split(",") if not Path(part).exists()), None)
    if missing is not None and not Path(path).exists():
        raise UsageError(f'There is no file or folder "{missing}"; name one that exists.')
    entries = [entry for entry in catalog().entries("task") if READS in entry.spec.provides]
    readings = [reading(entry, path) for entry in entries]
    if json:
        print_json({"path": path, "readings": readings})
        return
    screen = console()
    from monas_core.ui.summary import print_facts

    readings.sort(key=lambda found: not found["fits"])
    for found in readings:
        if found["fits"]:
            screen.print(f"As --task {found['task']}", style="bold", markup=False)
            print_facts(found["facts"], screen)
        else:
            screen.print(f"Not as {found['name']}: {found['reason']}", style="dim", markup=False)
        screen.print()


def reading(entry: Entry, path: str) -> dict[str, Any]:
    """What one kind of task makes of a path: its facts, or why it cannot use it."""
    from monas_core.errors import MonasError

    found: dict[str, Any] = {"name": entry.name, "task": f"{entry.name}:{path}"}
    try:
        task = entry.create(argument=path)
    except MonasError as error:
        return {**found, "fits": False, "reason": str(error)}
    record = task.record()
    return {
        **found,
        "fits": True,
        "facts": _plain(task.describe()),
        "parts": dict(record.parts),
        "classes": {name: dict(counts) for name, counts in record.classes.items()},
        "left_out": dict(record.left_out),
        "notes": list(record.notes),
        "digests": [source.digest for source in record.sources],
    }


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _plain(value) if isinstance(value, Mapping) else value for key, value in facts.items()
    }
