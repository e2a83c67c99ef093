"""Signs of life from preparations that have no screen of their own.

Whoever prepares something for long says how far it is; who started it may listen. Events of a
run are another matter (``events``): they are kept, this is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float], None]
"""Hears what is being done and which share of it is, 0 to 1."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
_PAUSE = 0.2
"""Seconds between two signs of life."""


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """Inside, a listener hears of what is prepared in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def preparing(what: str, total: float) -> Callable[[float], None]:
    """A function to be told how much of ``total`` is done, as often as one likes.

    Args:
        what: A clause: ``cutting 12 files into tokens``.
        total: In any unit.
    """
    listener, heard_last = _listener.get(), 0.0

    def done(amount: float) -> None:
        nonlocal heard_last
        now = time.monotonic()
        if listener is not None and (now - heard_last >= _PAUSE or amount >= total):
            heard_last = now
            listener(what, min(1.0, amount / total) if total else 1.0)

    return done
