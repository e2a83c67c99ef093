"""A damaged run made whole again as far as it is: what is not whole is set aside, never deleted.

Every step replaces one file in one step or moves one out of the way, so a repair that is killed
can be begun again. Nothing is made up: what is kept is what was written.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.files import atomic_folder, inside, write_bytes
from monas_core.record import checkpoints, surroundings
from monas_core.record.checkpoints import ARCHIVE, EVENTS
from monas_core.record.examination import examine
from monas_core.record.logs import object_of
from monas_core.record.rundir import RunFolder

_ASIDE = "set-aside"
_LOST: Mapping[str, str] = {
    "data.json": "what it learned from is looked for by the name of its task again",
    "usage.json": "exports come without a worked example",
    "workloads": "networks are traced again",
    "task": "picks and exports need the data",
    "result.json": "it is made again by going on with the run",
    "front": "it is made again by going on with the run",
    "trained": "train the subnet again",
    "env.json": "the versions the run began with are lost; those of now are written",
}
"""By file what setting it aside costs; only these are set aside whole."""


class _Repair:
    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.rows: list[dict[str, str]] = []
        self._aside: Path | None = None

    def tell(self, name: str, done: str) -> None:
        self.rows.append({"name": name, "done": done})

    def set_aside(self, name: str) -> None:
        """Move a file or folder of the run to where it does no harm."""
        if self._aside is None:
            number = 1
            while inside(self.folder.path, _ASIDE, str(number)).exists():
                number += 1
            self._aside = inside(self.folder.path, _ASIDE, str(number))
        target = self._aside / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.folder.at(*name.split("/")), target)

    def copy_aside(self, name: str) -> None:
        """Keep a copy of a file that is about to be replaced by its whole part."""
        self.set_aside(name)
        assert self._aside is not None
        shutil.copyfile(self._aside / name, self.folder.at(name))


def repair(run: Path, out: Path | None = None) -> dict[str, Any]:
    """Keep everything of a run that is whole and say what was dropped.

    Args:
        run: The folder.
        out: Where a repaired copy goes; without it the run itself is repaired. What is not whole
            goes to ``set-aside/N/`` in it either way.

    Returns:
        ``{"run", "whole", "done": [{"name", "done"}], "files", "can"}``: what was done, then what
        ``examine`` finds.

    Raises:
        UsageError: It is no run, it is in use, or its settings are damaged: without them nothing
            in it can be read.
    """
    folder = RunFolder.open(run)
    if out is not None:
        if out.exists():
            raise UsageError(f"--out {out} is there already; name a folder that is not.")
        with folder.locked(), atomic_folder(out) as draft:
            shutil.copytree(run, draft, dirs_exist_ok=True, symlinks=True)
        folder = RunFolder.open(out)
    _ = folder.config  # raises where they are not what the run was started with
    with folder.locked():
        work = _Repair(folder)
        damaged = [row for row in examine(folder)["files"] if row["state"] != "whole"]
        for row in damaged:
            _whole_file(work, row)
        names = {row["name"] for row in damaged}
        if names & {ARCHIVE, "checkpoints"}:
            _archive(work)
            _checkpoints(work)
        if EVENTS in names and folder.finished:
            _events(work)
    found = examine(folder)
    return {"run": str(folder.path), "whole": found["whole"], "done": work.rows} | {
        "files": found["files"],
        "can": found["can"],
    }


def _whole_file(work: _Repair, row: Mapping[str, str]) -> None:
    """Set a damaged file aside where the run does without it."""
    name = row["name"]
    cost = _LOST.get(name) or _LOST.get(name.partition("/")[0])
    if cost is None:
        return
    path = work.folder.at(*name.split("/"))
    if path.exists():
        work.set_aside(name)
        work.tell(name, f"set aside ({row['note'].rstrip('.')}): {cost}")
    else:
        work.tell(name, f"missing: {cost}")
    if name == surroundings.FILE:
        text = work.folder.at("config.yaml").read_bytes()
        surroundings.begin(work.folder.path, hashlib.sha256(text).hexdigest())
    if name.startswith("front/") and work.folder.finished:
        work.set_aside("result.json")  # going on makes both again
        work.tell("result.json", "set aside with it")


def _lines(path: Path, whose: str) -> list[bytes]:
    """Lines that are what was written, in order."""
    return [line for line in path.read_bytes().splitlines(keepends=True) if _is_whole(line, whose)]


def _archive(work: _Repair) -> None:
    """Up to the newest checkpoint that still fits, then on as far as lines are whole."""
    path = work.folder.at(ARCHIVE)
    if path.is_dir():
        work.set_aside(ARCHIVE)
    if not path.exists():
        work.tell(ARCHIVE, "missing: values are lost, and checkpoints count on them")
        return
    before, fits = path.read_bytes(), 0
    for checkpoint in checkpoints.found(work.folder.path):
        mark = checkpoints.mark_in(checkpoint, ARCHIVE, work.folder.whose)
        if mark is not None and not mark.missing_in(path):
            fits = max(fits, mark.bytes)
    whole = before[:fits]
    for line in before[fits:].splitlines(keepends=True):
        if not _is_whole(line):
            break
        whole += line
    if whole != before:
        work.copy_aside(ARCHIVE)
        write_bytes(path, whole)
        lost = before.count(b"\n") - whole.count(b"\n")
        kept = whole.count(b"\n")
        work.tell(ARCHIVE, f"cut back to {kept:,} whole lines, {lost:,} set aside")


def _is_whole(line: bytes, whose: str = "") -> bool:
    try:
        return line.endswith(b"\n") and isinstance(object_of(line, whose), dict)
    except ValueError:
        return False


def _checkpoints(work: _Repair) -> None:
    """Set those aside that cannot be gone on from."""
    folder = work.folder
    if not folder.at("checkpoints").is_dir():
        work.tell("checkpoints", "missing: only values and fronts are left")
        return
    for path in checkpoints.found(folder.path):
        fault = checkpoints.fault_of(path, folder.path, folder.whose)
        if fault:
            work.set_aside(f"checkpoints/{path.name}")
            work.tell(f"checkpoints/{path.name}", f"set aside: {fault.rstrip('.')}")


def _events(work: _Repair) -> None:
    """Without the lines that are not what was written: nothing is computed from them."""
    path = work.folder.at(EVENTS)
    if not path.is_file():
        work.tell(EVENTS, "missing: there is no replay and no report")
        return
    before, whole = path.read_bytes(), b"".join(_lines(path, work.folder.whose))
    if whole != before:
        work.copy_aside(EVENTS)
        write_bytes(path, whole)
        lost = before.count(b"\n") - whole.count(b"\n")
        work.tell(EVENTS, f"{lost:,} damaged lines set aside")
