"""A folder held by one process at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from monas_core.errors import MonasError, UsageError
from monas_core.files import inside
from monas_core.record import holder
from monas_core.record.holder import Holder

_NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path, busy: str) -> Iterator[str]:
    """Hold a folder for this process; gives a warning where its file system has no locks.

    The system lets go of a lock when its process ends, however that ends. Where it has none, a
    process of this machine that wrote itself down and still runs counts as one.

    Raises:
        UsageError: Another process has it (``busy`` says so, and who it is is added), or it may
            not be written.
    """
    path = inside(folder, _NAME)
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    caution = ""
    try:
        lock.acquire()
    except Timeout as error:
        who = Holder.read(folder)
        raise UsageError(f"{busy} It is {who.said}." if who else busy) from error
    except (OSError, NotImplementedError) as error:
        caution = _without(folder, path, busy, error)
    try:
        _sign(folder)
        yield caution
    finally:
        with contextlib.suppress(OSError, MonasError):
            holder.erase(folder)
        if not caution:
            lock.release()


def _sign(folder: Path) -> None:
    """A full disk keeps nobody from what can be done without writing."""
    with contextlib.suppress(OSError, MonasError):
        holder.sign(folder)


def _without(folder: Path, path: Path, busy: str, fault: Exception) -> str:
    """What to say where locking failed. Raises UsageError where writing does, too."""
    who = Holder.read(folder)
    if who is not None and who.alive:
        raise UsageError(f"{busy} It is {who.said}.") from fault
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}; it belongs to someone else or is "
            "read-only. Work on a copy of it."
        ) from error
    reason = getattr(fault, "strerror", None) or str(fault)
    elsewhere = who is not None and not who.here
    return (
        f"The file system of {folder} has no locks ({reason}); nothing keeps a second process "
        "from working on it at the same time."
        + (f" Make sure that {who.said} has ended." if who is not None and elsewhere else "")
    )
