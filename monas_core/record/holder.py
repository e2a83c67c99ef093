"""Who holds a folder: process, machine and since when, for others to be told."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from pathlib import Path

import attrs

from monas_core.errors import MonasError
from monas_core.files import inside, parse_json, remove, strict_json, write_text

_NAME = ".holder"


@attrs.frozen
class Holder:
    """A process at work in a folder.

    Attributes:
        pid: Its number.
        host: The machine it runs on.
        began: When it took the folder, as text.
        birth: When the system started it, in its own ticks, where it tells: numbers of processes
            are given out again.
    """

    pid: int
    host: str
    began: str
    birth: str = ""

    @classmethod
    def this(cls) -> Holder:
        """Of this process, from now on."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), now, _birth(os.getpid()))

    @classmethod
    def read(cls, folder: Path) -> Holder | None:
        """Who wrote itself down last; ``None`` where nobody did, or nothing that can be read."""
        try:
            found = parse_json(inside(folder, _NAME).read_bytes())
            pid, *texts = (found[name] for name in ("pid", "host", "began", "birth"))
        except (OSError, ValueError, KeyError, TypeError, MonasError):
            return None
        good = type(pid) is int and pid > 0 and all(isinstance(text, str) for text in texts)
        return cls(pid, *(text[:80] for text in texts)) if good else None

    @property
    def said(self) -> str:
        """In words."""
        return f"process {self.pid} on {self.host} since {self.began}"

    @property
    def here(self) -> bool:
        """Whether it runs, or ran, on this machine."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it is another process of this machine that still runs."""
        if not self.here or self.pid == os.getpid():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass  # it is somebody else's
        return _birth(self.pid) == self.birth


def sign(folder: Path) -> None:
    """Write this process down as the one that holds a folder."""
    write_text(inside(folder, _NAME), strict_json(attrs.asdict(Holder.this())) + "\n")


def erase(folder: Path) -> None:
    """Take that back."""
    remove(inside(folder, _NAME))


def _birth(pid: int) -> str:
    """Field 22 of ``/proc/PID/stat``; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
