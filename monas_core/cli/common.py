"""What several commands share: the catalog, output, comma lists, units of limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from monas_core.catalog.lookup import Catalog

_WIDTH_WITHOUT_TERMINAL = 120


def catalog() -> Catalog:
    """Everything installed."""
    from monas_core.catalog.lookup import Catalog

    return Catalog.installed()


def console(*, stderr: bool = False) -> Console:
    """Where a command writes tables; wide enough for them when it is no terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = _WIDTH_WITHOUT_TERMINAL
    return made


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def comma_list(text: str | None) -> list[str] | None:
    """``"a, b"`` as names; ``None`` stays ``None`` and an empty text is an empty list."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()]


def run_folder(path: Path | None) -> Path:
    """The run that was named, or the latest one. Raises UsageError when there is none."""
    from monas_core.record.rundir import RunFolder, latest_run

    return RunFolder.open(path).path if path is not None else latest_run()


def weights(text: str, option: str) -> dict[str, float]:
    """``"acc=.6,lat=.4"`` as numbers by name.

    Raises:
        UsageError: Something that is not ``name=number``, or a name given twice.
    """
    found: dict[str, float] = {}
    for part in comma_list(text) or []:
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if name in found:
            raise UsageError(f'{option} names "{name}" twice; name it once.')
        try:
            found[name] = float(value)
        except ValueError:
            sign = ""
        if not sign or not name:
            raise UsageError(
                f'{option} "{part}" is not understood; write name=number, e.g. acc=.6,lat=.4.'
            ) from None
    return found


def known_names(
    catalog: Catalog, objectives: Sequence[Mapping[str, str]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The same values under the names a run uses, where an alias of an objective was given."""
    used = [objective["name"] for objective in objectives]
    same: dict[str, str] = {}
    for entry in catalog.entries("objective"):
        family = {entry.name, *entry.spec.aliases}
        same |= {alias: name for name in used if name in family for alias in family}
    found: dict[str, Any] = {}
    for name, value in given.items():
        used_name = same.get(name, name)
        if used_name in found:
            raise UsageError(
                f'"{used_name}" is given twice, once as "{name}"; give each objective once.'
            )
        found[used_name] = value
    return found
