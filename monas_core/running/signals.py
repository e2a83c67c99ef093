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
    """Every signal to end goes to a function; in another thread than the main one none can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = [number for number in _SIGNALS if not _of_a_batch_system(number)]
    before = {number: signal.signal(number, on_signal) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _of_a_batch_system(number: signal.Signals) -> bool:
    """Whether termination has a handler already: a launcher's, which ends jobs in its own way."""
    return number == signal.SIGTERM and callable(signal.getsignal(number))


# a closed terminal and a batch system that asks for the machine back end a run gently, too
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
