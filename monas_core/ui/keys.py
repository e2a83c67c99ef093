"""Single keys while a screen is shown, where there is a keyboard; nothing happens elsewhere."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec

_POLL_S = 0.2
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|(?=\x1b)|$)", re.DOTALL)
"""What a terminal sends for keys that are no letters (ECMA-48, and application mode)."""
_NAMES = {
    b"D": "left", b"C": "right", b"A": "up", b"B": "down", b"H": "home", b"F": "end",
    b"1~": "home", b"4~": "end", b"7~": "home", b"8~": "end",
}  # fmt: skip
_SPECIAL = {
    **{b"\x1b" + start + code: name for code, name in _NAMES.items() for start in (b"[", b"O")},
    b"\x1b": "escape",
}


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
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        reader.start()
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
            _keep_quiet(descriptor)
            ready, _, _ = select.select([descriptor], [], [], _POLL_S)
            typed = os.read(descriptor, 64) if ready else b""
        except OSError:
            return
        for key in named(typed):
            with contextlib.suppress(Exception):  # a key must neither end a run nor the reading
                act(key)


def _keep_quiet(descriptor: int) -> None:
    """Stop the echo again where a shell has brought it back, as after Ctrl-Z and ``fg``."""
    import termios
    import tty

    with contextlib.suppress(termios.error):
        if termios.tcgetattr(descriptor)[3] & termios.ECHO:
            tty.setcbreak(descriptor, termios.TCSANOW)


def named(typed: bytes) -> list[str]:
    """Keys by name: letters as they are, ``left``, ``up``, ``home``, ``escape`` and so on.

    Sequences of other keys count for nothing, also where several keys come at once.
    """
    found: list[str] = []
    while typed:
        if match := _SEQUENCE.match(typed):
            found += [_SPECIAL[match[0]]] if match[0] in _SPECIAL else []
            typed = typed[match.end() :]
            continue
        plain, escape, rest = typed.partition(b"\x1b")
        found += [letter for letter in plain.decode("utf-8", "ignore") if letter.isprintable()]
        if not plain:  # Alt and a letter
            found += ["escape"] if not rest else []
            typed = rest[1:]
            continue
        typed = escape + rest
    return found
