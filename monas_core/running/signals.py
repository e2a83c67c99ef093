"""Ctrl-C and termination: first a request to stop, then an end at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

NOTICE = "stopping after this step … (once more stops at once; the last checkpoint stays)"


class Stoppable(Protocol):
    """What is asked to stop."""

    stopping: bool

    def stop(self) -> None:
        """Stop after the current step."""


@contextlib.contextmanager
def graceful(control: Stoppable, screen: Any, notice: str = NOTICE) -> Iterator[None]:
    """Turn the first signal to end into ``control.stop()``, the second into an interrupt."""

    def on_signal(*_: object) -> None:
        if control.stopping:
            raise KeyboardInterrupt
        control.stop()
        if hasattr(screen, "notice"):
            screen.notice = notice
        else:  # a handler may interrupt a write, so it must not use the buffered stream
            os.write(2, f"{notice}\n".encode())

    with _handled_by(on_signal):
        yield


@contextlib.contextmanager
def ending_as_interrupt() -> Iterator[None]:
    """Let every signal to end unwind like Ctrl-C, so that a terminal is given back as it was."""

    def on_signal(*_: object) -> None:
        raise KeyboardInterrupt

    with _handled_by(on_signal):
        yield


@contextlib.contextmanager
def _handled_by(on_signal: Callable[..., None]) -> Iterator[None]:
    """Every signal to end goes to a function; in another thread than the main one none can.

    But for a closed terminal where that is ignored: ``nohup`` asks for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, on_signal) for number in _SIGNALS if _ours(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ours(number: signal.Signals) -> bool:
    """Whether this signal may be handled.

    Termination may have a handler already, of a launcher that ends jobs in its own way; and a
    closed terminal is ignored where ``nohup`` asked for that.
    """
    found = signal.getsignal(number)
    if number.name == "SIGHUP":
        return found != signal.SIG_IGN
    return number.name != "SIGTERM" or not callable(found)


# a closed terminal and a batch system that asks for the machine back end a run gently, too
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
_SIGNALS = tuple(signal.Signals[n] for n in _NAMES if n in signal.Signals.__members__)
