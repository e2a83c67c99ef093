"""How a network gets its files: drafted, checked, and only then given their final names."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog
from monas_core.errors import MonasError, UsageError
from monas_core.export import companion
from monas_core.export.format import Format
from monas_core.export.subject import Subject


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
    with _draft(out) as draft:
        facts = chosen.format.write(subject, draft)
        companion.write(subject, chosen.format, chosen.name, draft, facts)
        written = sorted(path for path in draft.parent.rglob("*") if path.is_file())
        for path in written:  # writers of temporary files keep them to themselves
            path.chmod(0o666 & ~_umask())
        size = sum(path.stat().st_size for path in written)
        names = [str(path.relative_to(draft.parent)) for path in written]
    return {
        "format": chosen.name,
        "out": str(out),
        "use": str(companion.place(out) / companion.EXAMPLE),
        "files": [str(out.parent / name) for name in names],
        "bytes": size,
        **facts,
    }


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A path of the same name in a hidden folder beside it; moved when the block ends well.

    A model may consist of several files, so everything in the hidden folder is moved,
    the named one last.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as hidden:
            draft = Path(hidden) / out.name
            yield draft
            beside = [path for path in Path(hidden).iterdir() if path != draft]
            for path in [*beside, draft]:
                if path.is_dir():
                    path.chmod(0o777 & ~_umask())
                os.rename(path, out.parent / path.name)  # noqa: PTH104 - never over a folder
    except OSError as error:
        raise MonasError(
            f"Cannot write {out}: {error.strerror or error}; free space or choose another --out."
        ) from error
