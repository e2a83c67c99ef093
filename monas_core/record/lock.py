"""A folder held by one process at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from monas_core.errors import UsageError
from monas_core.files import inside

_NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path, busy: str) -> Iterator[str]:
    """Hold a folder for this process; gives a warning where its file system has no locks.

    Raises:
        UsageError: Another process has it (``busy`` says so), or it may not be written.
    """
    path = inside(folder, _NAME)
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    caution = ""
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(busy) from error
    except (OSError, NotImplementedError) as error:
        caution = _without(folder, path, error)
    try:
        yield caution
    finally:
        if not caution:
            lock.release()


def _without(folder: Path, path: Path, fault: Exception) -> str:
    """What to say where locking failed. Raises UsageError where writing does, too."""
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}; it belongs to someone else or is "
            "read-only. Work on a copy of it."
        ) from error
    reason = getattr(fault, "strerror", None) or str(fault)
    return (
        f"The file system of {folder} has no locks ({reason}); nothing keeps a second process "
        "from working on it at the same time."
    )
