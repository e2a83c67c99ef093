"""What is wrong with files of a run whose loss costs no work, said where they are shown."""

from __future__ import annotations

from monas_core.errors import UsageError
from monas_core.record import checkpoints
from monas_core.record.checkpoints import EVENTS
from monas_core.record.front_store import read_front
from monas_core.record.logs import Mark, read_lines
from monas_core.record.rundir import RunFolder


def events_fault(folder: RunFolder) -> str:
    """Why the event log is not what was written, a sentence; empty where it is."""
    path = folder.at(EVENTS)
    if fault := events_missing(folder):
        return fault
    try:
        for _ in read_lines(path, folder.whose):
            pass
    except UsageError as error:
        return str(error)
    return ""


def events_missing(folder: RunFolder) -> str:
    """Why the event log is not what a checkpoint or the result knows of it; its lines are not read.

    For who reads them anyway: a damaged one is noticed then.
    """
    path = folder.at(EVENTS)
    if path.exists() and not path.is_file():
        return f"{EVENTS} is a folder."
    missing = _mark(folder).missing_in(path)
    return f"{missing}; what it tells is not all." if missing else ""


def front_fault(folder: RunFolder, device: str) -> str:
    """Why the front of a device cannot be had, a sentence; empty where it can."""
    try:
        read_front(folder.at("front", f"{device}.json"))
    except UsageError as error:
        return str(error)
    return ""


def _mark(folder: RunFolder) -> Mark:
    """How far it went: by the result of a finished run, else by the newest checkpoint."""
    if folder.finished:
        try:
            return Mark.from_json(folder.result()["logs"][EVENTS])
        except (UsageError, KeyError, TypeError):
            return Mark()
    return checkpoints.mark_of(folder.path, EVENTS, folder.whose)
