"""Signs of life of preparations where there is no terminal: a line now and then."""

from __future__ import annotations

import time
from typing import TextIO

PAUSE = 5.0
"""Seconds without a line; what is done sooner is told of by nobody."""


class Lines:
    """Writes ``cutting the train part into tokens: 43 %`` every few seconds.

    Args:
        stream: Where to.
        pause: Seconds between two lines, and before the first.
    """

    def __init__(self, stream: TextIO, pause: float = PAUSE) -> None:
        self._stream, self._pause, self._last = stream, pause, time.monotonic()

    def __call__(self, what: str, share: float) -> None:
        """Hear of a share, 0 to 1."""
        now = time.monotonic()
        if now - self._last >= self._pause:
            self._last = now
            self._stream.write(f"{what}: {share:.0%}\n")
            self._stream.flush()
