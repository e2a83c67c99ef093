"""The system's alarm: it interrupts what sleeps or waits, from outside of that code.

In the main thread alone, where systems have one and nobody else uses it; elsewhere it never rings.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Ring = Callable[[FrameType | None], float]
"""From the frame that was interrupted to the seconds until the next ring."""


class TooLong(BaseException):
    """Strangers' code may catch every Exception; not this."""


@contextlib.contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise TooLong where the block takes longer."""

    def end(_: FrameType | None) -> float:
        raise TooLong

    with alarm(seconds, end):
        yield


@contextlib.contextmanager
def alarm(
    seconds: float, ring: Callable[[FrameType | None], float]
) -> Iterator[Callable[[], None]]:
    """Call ``ring`` after so many seconds, and again after as many as it gives.

    Gives what puts the first ring off.
    """
    if not _free():
        yield lambda: None
        return

    def handler(_: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, ring(frame))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield lambda: _put_off(seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _put_off(seconds: float) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _free() -> bool:
    """Whether the alarm can be had."""
    if not hasattr(signal, "setitimer"):
        return False
    if threading.current_thread() is not threading.main_thread():
        return False
    unused = signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, signal.SIG_IGN)
    return unused and not signal.getitimer(signal.ITIMER_REAL)[0]
