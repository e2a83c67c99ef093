"""``data.json`` of a run folder: what the run learned from, and where that lay."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import attrs

from monas_core import seals
from monas_core.errors import MonasError, UsageError
from monas_core.files import inside, write_text
from monas_core.values.data import DataRecord
from monas_core.values.reading import items, text

FILE = "data.json"
LEARNED = "learned"
"""Folder of what a task learned from its data, a folder for each option that asked for it."""
SCHEMA = 1


@attrs.frozen
class StoredData:
    """What a run remembers.

    Attributes:
        task: As it was typed.
        record: Of the data.
        relative: Path of each source from the run folder.
    """

    task: str
    record: DataRecord
    relative: tuple[str, ...]

    def arguments(self, run: Path) -> list[str]:
        """What the task may be given now, most certain first: absolute, beside the run, as typed.

        Only what exists here; one without paths is as it was typed.
        """
        _, _, typed = self.task.partition(":")
        given = [source.given for source in self.record.sources]
        absolute = [source.path for source in self.record.sources]
        beside = [str((run / path).resolve()) if path else "" for path in self.relative]
        as_typed = [str(Path(path).expanduser()) if path else "" for path in given]
        found = [
            _replaced(typed, given, paths)
            for paths in (absolute, beside, as_typed)
            if all(not path or _exists(path) for path in paths)
        ]
        return list(dict.fromkeys(found))

    def argument_at(self, place: str) -> str:
        """The task's argument where its data lie elsewhere now.

        Args:
            place: A path; of several files their folder, or all of them with commas between, as
                the task was given them.

        Raises:
            UsageError: The task reads no path, or another number of them.
        """
        name, _, typed = self.task.partition(":")
        every = [source.given for source in self.record.sources]
        given = [path for path in every if path]
        if not given:
            raise UsageError(f"Task {self.task} reads no data of yours; leave out --data.")
        paths, folder = [place.removeprefix(f"{name}:")], Path(place).expanduser()
        if len(given) > 1:
            inside = folder.is_dir()
            paths = [str(folder / Path(p).name) for p in given] if inside else paths[0].split(",")
        if len(paths) != len(given):
            raise UsageError(
                f"Task {self.task} reads {len(given)} files and --data names {len(paths)}; give "
                "all of them with commas between, or the folder they are in."
            )
        found = iter(paths)
        return _replaced(typed, every, [next(found) if path else "" for path in every])

    def places(self, run: Path) -> list[str]:
        """Where the data are looked for."""
        paths = [source.path for source in self.record.sources if source.path]
        beside = [str((run / path).resolve()) for path in self.relative if path]
        return list(dict.fromkeys([*paths, *beside]))

    def wanted(self, run: Path) -> str:
        """How the data come back and how they would be recognised, a clause."""
        known = ", ".join(source.digest[:12] for source in self.record.sources)
        places = " or ".join(f'"{place}"' for place in self.places(run))
        where = "give the same task again"
        if places:
            where = f"put the same data to {places}, or say where they are now with --data PATH"
        told = f" (digest {known})" if known else ""
        return f"{where}: they are recognised by their contents{told}"

    @property
    def said(self) -> str:
        """The task as it was typed, and what was found there."""
        return self.task + (f" ({self.record.summary})" if self.record.summary else "")


def _exists(path: str) -> bool:
    """Whether something is there; nothing has a name that the system does not take."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _replaced(argument: str, given: list[str], paths: list[str]) -> str:
    """The argument with other paths in it."""
    made, rest = "", argument
    for old, new in zip(given, paths, strict=True):
        before, found, after = rest.partition(old) if old else (rest, "", "")
        made, rest = made + before + (new if found else ""), after
    return made + rest


def write(run: Path, task: str, record: DataRecord) -> None:
    """Remember what a run learns from."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "task": task,
        "relative": [
            os.path.relpath(source.path, run.resolve()) if source.path else ""
            for source in record.sources
        ],
        "digests": [source.digest for source in record.sources],
        "data": record.to_json(),
    }
    seals.write(run / FILE, document, seals.identity(run))


def keep_learned(run: Path, record: DataRecord) -> None:
    """Keep what a task learned from its data, so that it stays as it is."""
    for option, files in record.learned.items():
        folder = inside(run, LEARNED, option)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_text(inside(folder, name), content)


def learned(run: Path) -> dict[str, str]:
    """What was learned, by option: the folder that the option is given from then on."""
    folder = inside(run, LEARNED)
    if not folder.is_dir():
        return {}
    options = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return {option: str(inside(folder, option)) for option in options}


def moved(run: Path, stored: StoredData, now: DataRecord) -> None:
    """Remember where the same data lie now; a run that may not be written is left as it is."""
    places = zip(stored.record.sources, now.sources, strict=True)
    sources = tuple(attrs.evolve(source, path=new.path) for source, new in places)
    with contextlib.suppress(OSError, MonasError):
        write(run, stored.task, attrs.evolve(stored.record, sources=sources))


def read(run: Path) -> StoredData | None:
    """What a run remembers; ``None`` for one that was made before runs did.

    Raises:
        UsageError: The file is damaged.
    """
    path = run / FILE
    if not path.exists():
        return None
    try:
        document = seals.read(path, seals.identity(run))
        record = DataRecord.from_json(document["data"])
        relative = tuple(map(text, items(document["relative"])))
        for place in (*relative, *(s.path for s in record.sources), document["task"]):
            os.fsencode(place)  # what no file can be called is no path
        for name, item in (pair for s in record.sources for pair in s.items.items()):
            os.fsencode(name + item.digest)
        if len(relative) != len(record.sources):
            raise ValueError("it has other places than sources")
        return StoredData(text(document["task"]), record, relative)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is missing or damaged: {error}.") from error
