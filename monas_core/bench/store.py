"""The folder of a contest: one file per finished run, kept as long as its settings hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monas_core import seals
from monas_core.bench.attempt import SCHEMA
from monas_core.errors import UsageError
from monas_core.files import parse_json, strict_json, write_text
from monas_core.record.lock import locked


class Store:
    """Documents by name in one folder, each with the settings it was made under.

    Args:
        path: The folder; made by ``prepare``.
        force: Replace documents that were made under other settings instead of refusing.
    """

    def __init__(self, path: Path, *, force: bool = False) -> None:
        self.path = path
        self.force = force

    def prepare(self) -> None:
        """Make the folder. Raises UsageError when it cannot be written."""
        try:
            for sub in ("runs", "reference"):
                (self.path / sub).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"Folder {self.path} cannot be written: {error.strerror}; choose another --out-dir."
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. Raises UsageError while another one works in it."""
        busy = (
            f"Another process works in {self.path}; wait for its end or choose another --out-dir."
        )
        with locked(self.path, busy):
            yield

    def run_file(self, label: str, seed: int) -> Path:
        """Where one run is kept."""
        return self.path / "runs" / f"{label}-{seed}.json"

    def reference_file(self, device: str) -> Path:
        """Where the reference search of one device is kept."""
        return self.path / "reference" / f"{device}.json"

    def borrow(self, path: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """A reference search from a folder beside this one, copied if its settings hold."""
        for other in sorted(self.path.parent.glob(f"*/reference/{path.name}")):
            try:
                document = Store(other.parents[1]).load(other, settings)
            except UsageError:
                continue
            if document is not None:
                self._write(path, document)
                return document
        return None

    def load(self, path: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """A finished document, or ``None`` where there is none (or it is to be replaced).

        Raises:
            UsageError: It is damaged or was made under other settings.
        """
        if not path.exists():
            return None
        fault = ""
        document: Any = None
        try:
            document = seals.read(path)
        except (OSError, ValueError) as error:
            fault = f"is damaged ({error})"
        if not fault and (not isinstance(document, dict) or document.get("schema") != SCHEMA):
            fault = "was not written by this version"
        if not fault:
            fault = _difference(document.get("settings", {}), settings)
        if not fault:
            return document
        if self.force:
            return None
        raise UsageError(
            f"{path} {fault}; give --force to replace such runs, or choose another --out-dir."
        )

    def save(self, path: Path, document: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Write a document in one step."""
        self._write(path, {**document, "settings": settings})

    @staticmethod
    def _write(path: Path, document: Mapping[str, Any]) -> None:
        """With its seal: a changed digit is a changed verdict."""
        write_text(path, strict_json(seals.sealed(document)) + "\n")


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs first, in words; empty where nothing does."""
    for name, value in parse_json(strict_json(new)).items():
        if old.get(name) != value:
            return f"was made with another {name} ({_short(old.get(name))}, now {_short(value)})"
    return ""


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
