"""What is made of a text once and read many times: kept in a folder, safe for two processes.

An entry is a folder named by a digest of what it was made from. It takes its name when it is
whole, one process makes it while others wait, and it is checked whenever it is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from monas_core.errors import UsageError
from monas_core.files import atomic_group, command, explained, parse_json, strict_json

VARIABLE = "MONAS_CACHE"
OPTION = "options.task.cache"
_FACTS = "facts.json"
_READ = 1 << 20

Make = Callable[[Path], Mapping[str, Any]]
"""Writes files into a folder and returns plain facts about them."""


def key_of(*parts: str | bytes) -> str:
    """A name for what was made from these, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:32]


class Cache:
    """A folder of entries.

    Args:
        folder: Where; "" for the usual place.
    """

    def __init__(self, folder: str = "") -> None:
        usual = os.environ.get(VARIABLE) or Path("~", ".cache", "monas")
        self.root = Path(folder or usual).expanduser()

    def entry(self, kind: str, key: str, make: Make) -> tuple[Path, Mapping[str, Any]]:
        """The folder of an entry and its facts; made now where it is not there.

        Args:
            kind: What it is, the name of a folder.
            key: What it was made from.
            make: Makes it.

        Raises:
            UsageError: What lies there is damaged.
            MonasError: It cannot be written.
        """
        path = self.root / kind / key
        if not path.exists():
            with explained(self.root, OPTION):
                path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path), contextlib.ExitStack() as whole:
                if not path.exists():  # another process may have made it meanwhile
                    draft = whole.enter_context(atomic_group(path, OPTION)) / key
                    draft.mkdir()
                    _finish(draft, make(draft))
        return path, _checked(path)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; where the file system has no locks, entries are merely made twice."""
    lock = FileLock(path.with_name(f".{path.name}.lock"), fallback_to_soft=False)
    with contextlib.ExitStack() as held, contextlib.suppress(NotImplementedError):
        held.enter_context(lock)
        yield
        return
    yield


def _finish(draft: Path, facts: Mapping[str, Any]) -> None:
    files = {file.name: _mark(file) for file in sorted(draft.iterdir())}
    text = strict_json({"facts": dict(facts), "files": files}, indent=1)
    (draft / _FACTS).write_text(text + "\n", encoding="utf-8")


def _mark(file: Path) -> dict[str, int]:
    found = 0
    with file.open("rb") as stream:
        while piece := stream.read(_READ):
            found = zlib.crc32(piece, found)
    return {"size": file.stat().st_size, "crc32": found}


def _checked(path: Path) -> Mapping[str, Any]:
    """The facts of an entry. Raises UsageError where it is not what was written."""
    try:
        document = parse_json((path / _FACTS).read_text(encoding="utf-8"))
        damaged = [name for name, mark in document["files"].items() if _mark(path / name) != mark]
        facts = document["facts"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        damaged, facts = [f"{_FACTS}: {' '.join(str(error).split()):.80}"], {}
    if damaged:
        raise UsageError(
            f"The cache of a text in {path} is damaged ({', '.join(damaged)}); remove it and it is "
            f"made anew: {command('rm -r', path)}"
        )
    return facts
