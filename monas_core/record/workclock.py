"""A clock that stands still while this process does: a stopped run does not spend its budget."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_TICK_S = 0.5
_LONGEST_S = 5.0
"""Without a tick: more than a busy machine keeps a thread waiting."""
_IDLE = 0.1
"""Share of a gap below which a process that used so much of a processor did not run."""


class WorkClock:
    """Seconds in which this process ran, from any beginning.

    A process that gets SIGSTOP, or whose machine sleeps, finds out only afterwards. A thread that
    ticks meanwhile tells that from waiting: it stands still as well. What keeps the interpreter
    for itself for as long uses a processor, and counts.

    Args:
        time: Seconds of a clock that goes on.
        used: Seconds of processor time of this process.

    Attributes:
        stood: Seconds that are left out so far.
    """

    def __init__(
        self,
        time: Callable[[], float] = time.perf_counter,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        self._time, self._used = time, used
        self._lock = threading.Lock()
        self._ticking = False
        self._last = self._last_used = 0.0
        self.stood = 0.0

    def __call__(self) -> float:
        """Seconds so far."""
        with self._lock:
            return self._look() - self.stood

    @contextlib.contextmanager
    def ticking(self) -> Iterator[None]:
        """Inside, time without a sign of life is left out."""
        over = threading.Event()

        def tick() -> None:
            while not over.wait(_TICK_S):
                self()

        self._last, self._last_used, self._ticking = self._time(), self._used(), True
        thread = threading.Thread(target=tick, name="monas work clock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._ticking = False

    def _look(self) -> float:
        """The time now, once it is known whether this process stood still since the last look."""
        now, used = self._time(), self._used()
        gap = now - self._last
        if self._ticking and gap > _LONGEST_S and used - self._last_used < _IDLE * gap:
            self.stood += gap - _TICK_S
        self._last, self._last_used = now, used
        return now
