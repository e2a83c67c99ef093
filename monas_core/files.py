"""Writing that is either complete or did not happen, and reading that says what is wrong."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monas_core.errors import MonasError, UsageError


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


@contextlib.contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Hold a folder for this process. Raises UsageError(busy) while another one has it."""
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(busy) from error
        yield


def read_json(path: Path, what: str, remedy: str) -> Any:
    """A JSON document that a person points at.

    Raises:
        UsageError: It cannot be read (``what`` names its kind) or is no JSON (then ``remedy``
            says what to do).
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Cannot read {what} {path}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(
            f"{what.capitalize()} {path} is no complete JSON document ({error}); {remedy}."
        ) from error
