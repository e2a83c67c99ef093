"""Writing that is either complete or did not happen."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from monas_core.errors import MonasError


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failing write (full disk, no permission) into one clear sentence."""
    try:
        yield
    except OSError as error:
        raise MonasError(
            f"Cannot write {path}: {error.strerror or error}; free space or choose another "
            "--out-dir. What was saved before is intact."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Replace a text file in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file in one step: written beside it, synced, renamed."""
    with explained(path):
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A draft folder that takes its final name only when the block ends well."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            yield draft
            if path.exists():
                shutil.rmtree(path)
            draft.replace(path)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
