"""Single keys while a screen is shown, where there is a keyboard; nothing happens elsewhere."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec

_POLL_S = 0.2
_ARROWS = {b"\x1b[D": "left", b"\x1bOD": "left", b"\x1b[C": "right", b"\x1bOC": "right"}


@contextlib.contextmanager
def keys(act: Callable[[str], None]) -> Iterator[bool]:
    """Call ``act`` with each key that is pressed; typed text neither shows nor stays behind.

    ``act`` runs in a thread of its own. Yields whether keys are read: they are not where
    standard input is no terminal, on systems without termios, and in the background.
    """
    descriptor = _keyboard()
    if descriptor is None:
        yield False
        return
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    over = threading.Event()
    reader = threading.Thread(target=_read, args=(descriptor, act, over), daemon=True)
    tty.setcbreak(descriptor, termios.TCSANOW)
    reader.start()
    try:
        yield True
    finally:
        over.set()
        reader.join(2 * _POLL_S)
        if _in_front(descriptor):
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _keyboard() -> int | None:
    """The terminal that keys can be read from, if there is one."""
    if find_spec("termios") is None:
        return None
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor if os.isatty(descriptor) and _in_front(descriptor) else None


def _in_front(descriptor: int) -> bool:
    """Whether this process may use its terminal: one in the background would be stopped."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _read(descriptor: int, act: Callable[[str], None], over: threading.Event) -> None:
    while not over.is_set():
        if not _in_front(descriptor):
            over.wait(_POLL_S)
            continue
        try:
            ready, _, _ = select.select([descriptor], [], [], _POLL_S)
            typed = os.read(descriptor, 64) if ready else b""
        except OSError:
            return
        for key in named(typed):
            act(key)


def named(typed: bytes) -> list[str]:
    """Keys by name, ``left`` and ``right`` for arrows; other sequences count for nothing."""
    if typed.startswith(b"\x1b"):
        return [name for code, name in _ARROWS.items() if typed.startswith(code)]
    return [letter for letter in typed.decode("utf-8", "ignore") if letter.isprintable()]
