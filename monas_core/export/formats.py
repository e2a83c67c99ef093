"""How a network gets its files: drafted, checked, and only then given their final names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError
from monas_core.export import companion
from monas_core.export.format import Format
from monas_core.export.subject import Subject
from monas_core.files import atomic_group


@attrs.frozen
class Chosen:
    """A format that is ready to be used."""

    name: str
    format: Format


def find(catalog: Catalog, name: str, options: dict[str, Any] | None = None) -> Chosen:
    """The format of a name, with options.

    Raises:
        UsageError: Unknown, a package it needs is missing, or a wrong option.
    """
    return Chosen(catalog.find("format", name).name, catalog.create("format", name, options))


def check_free(out: Path) -> None:
    """Raise UsageError when something is already there."""
    for path in (out, out.with_name(out.name + companion.FOLDER)):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} already exists; remove it or choose another --out.")


def export(subject: Subject, chosen: Chosen, out: Path) -> dict[str, Any]:
    """Write, read back, compare, and only then give the files their final name.

    Returns:
        ``{"format", "out", "files", "bytes", "check", ...}``.

    Raises:
        UsageError: The path is taken, or the network has no such form.
        MonasError: The exported model answers otherwise than the subnet.
    """
    check_free(out)
    with atomic_group(out, "--out") as hidden:
        draft = hidden / out.name
        facts = chosen.format.write(subject, draft)
        companion.write(subject, chosen.format, chosen.name, draft, facts)
        written = sorted(path for path in hidden.rglob("*") if path.is_file())
        size = sum(path.stat().st_size for path in written)
        names = [str(path.relative_to(hidden)) for path in written]
    return {
        "format": chosen.name,
        "out": str(out),
        "use": str(companion.place(out) / companion.EXAMPLE),
        "files": [str(out.parent / name) for name in names],
        "bytes": size,
        **facts,
    }
