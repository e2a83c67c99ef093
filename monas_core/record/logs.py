"""Append-only lines of JSON whose content up to any checkpoint can be proven."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core.errors import MonasError, UsageError
from monas_core.files import explained, parse_json, strict_json

_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 26
_SUM = b',"crc":"'
_SUM_BYTES = len(_SUM) + 8 + 2
"""Of ``,"crc":"0123abcd"}``, with which every line ends."""


@attrs.frozen
class Mark:
    """How far a log went when a checkpoint was made.

    Attributes:
        bytes: Its length.
        sha256: Digest of everything up to there.
    """

    bytes: int = 0
    sha256: str = hashlib.sha256().hexdigest()

    def to_json(self) -> dict[str, Any]:
        """``{"bytes", "sha256"}``."""
        return {"bytes": self.bytes, "sha256": self.sha256}

    @classmethod
    def from_json(cls, document: Any) -> Mark:
        """Inverse of ``to_json``. Raises UsageError for anything else."""
        mark = cls(document.get("bytes"), document.get("sha256")) if _is_map(document) else None
        if mark is None or type(mark.bytes) is not int or mark.bytes < 0:
            raise UsageError("A checkpoint does not say how long the logs were; it is damaged.")
        return mark

    def missing_in(self, path: Path) -> str:
        """Why a log cannot be cut back to here; empty if it can."""
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            return "" if self.bytes == 0 else f"{path.name} is missing"
        if size < self.bytes:
            return f"{path.name} holds {size:,} of {self.bytes:,} bytes"
        return (
            ""
            if _digest(path, self.bytes).hexdigest() == self.sha256
            else (f"{path.name} was changed")
        )


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _digest(path: Path, size: int) -> Any:
    """Running digest of the first ``size`` bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while size > 0 and (block := stream.read(min(size, _BLOCK))):
            digest.update(block)
            size -= len(block)
    return digest


class LineLog:
    """One log while it is written; ``cut`` or ``append`` opens it, ``close`` ends that."""

    def __init__(self, path: Path, whose: str = "") -> None:
        self.path = path
        self._whose = whose
        self._handle: int | None = None
        self._size = 0
        self._least = 0  # what was there when it was cut, and has to stay
        self._digest = hashlib.sha256()

    def append(self, document: Mapping[str, Any]) -> None:
        """Write one line. Raises MonasError when the disk is full."""
        handle = self._opened()
        line = summed(strict_json(document).encode(), self._whose) + b"\n"
        rest = memoryview(line)
        with explained(self.path):
            while rest:
                rest = rest[os.write(handle, rest) :]
        self._size += len(line)
        self._digest.update(line)

    def mark(self) -> Mark:
        """Everything so far, once it is on disk.

        Raises:
            MonasError: The file was removed or replaced behind our back.
        """
        if self._handle is None and self._least == 0 and not self.path.exists():
            return Mark()  # nobody wrote anything
        handle = self._opened()
        with explained(self.path):
            os.fsync(handle)
        held = os.fstat(handle)
        there = os.lstat(self.path) if self.path.exists() else None
        if (
            there is None
            or not os.path.samestat(held, there)
            or held.st_size < self._least
            or held.st_size != self._size
        ):
            raise MonasError(
                f"{self.path} was removed or changed by someone else while it was written; "
                "restore it from a copy, or start a new run."
            )
        return Mark(self._size, self._digest.hexdigest())

    def cut(self, mark: Mark) -> None:
        """Forget what came after a mark that is not missing; the rest stays as it is."""
        self.close()
        self._least = mark.bytes
        if not self.path.exists():
            return
        if self.path.stat().st_nlink > 1:  # a backup made of hard links keeps its content
            self._copy_own()
        with explained(self.path):
            os.truncate(self.path, min(mark.bytes, self.path.stat().st_size))

    def close(self) -> None:
        """Let the file go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _copy_own(self) -> None:
        copy = self.path.with_name(f".{self.path.name}.draft")
        with explained(self.path):
            copy.unlink(missing_ok=True)
            shutil.copyfile(self.path, copy)
            copy.replace(self.path)

    def _opened(self) -> int:
        if self._handle is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            with explained(self.path):
                self._handle = os.open(self.path, flags, 0o666)
            self._size = os.fstat(self._handle).st_size
            self._digest = _digest(self.path, self._size)
        return self._handle


def summed(line: bytes, whose: str = "") -> bytes:
    """An object of JSON with a check sum of its text, and of whose it is, as the last key."""
    return b'%b%b%08x"}' % (line[:-1], _SUM, zlib.crc32(line[:-1], zlib.crc32(whose.encode())))


def object_of(line: bytes, whose: str = "") -> Any:
    """The document of a line, compared with its sum where it has one. Raises ValueError."""
    line = line.rstrip(b"\r\n")
    if line[-_SUM_BYTES : -_SUM_BYTES + len(_SUM)] == _SUM:
        text = line[:-_SUM_BYTES]
        if summed(text + b"}", whose) != line:
            raise ValueError("it is not what was written")
        return parse_json(f"{text.decode()}}}")
    document = parse_json(line)
    if isinstance(document, dict):
        document.pop("crc", None)  # of a line that another program wrote anew
    return document


def read_lines(path: Path, whose: str = "") -> Iterator[dict[str, Any]]:
    """Lines of JSON; a last line cut off by a kill is left out.

    Raises:
        UsageError: Another line is damaged, or the file cannot be read.
    """
    if not path.exists():
        return
    try:
        with path.open("rb") as stream:
            yield from _parsed(path, stream, whose)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error


def _parsed(path: Path, stream: Any, whose: str) -> Iterator[dict[str, Any]]:
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        if not line.endswith(b"\n"):
            if len(line) < _LONGEST_LINE:
                return
            raise UsageError(f"{path} is damaged at line {number}: it does not end.")
        try:
            document = object_of(line, whose)
        except ValueError as error:
            raise UsageError(f"{path} is damaged at line {number}: {error}.") from error
        if not isinstance(document, dict):
            raise UsageError(f"{path} is damaged at line {number}: it holds no object.")
        yield document
