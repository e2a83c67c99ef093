"""A plugin that is at work for long without a sign of life: named while it is, or ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from monas_core.catalog.alarm import alarm
from monas_core.catalog.blame import at_work
from monas_core.errors import PluginError, UsageError

LIMIT = "MONAS_PATIENCE"
"""Environment variable: seconds that one call of a plugin may take; without it, any."""
TOLD_S = 60.0
"""Seconds of silence after which is said who is at work."""


@contextlib.contextmanager
def told(warn: Callable[[str], None]) -> Iterator[Callable[[Any], None]]:
    """Say who is at work when there was no sign of life for a minute; gives what takes one.

    Args:
        warn: Told once for each silence.

    Raises:
        PluginError: A plugin was at work for longer than ``MONAS_PATIENCE`` allows.
        UsageError: That is no number of seconds.
    """
    limit, silent, said = patience(), 0.0, False
    step = min(TOLD_S, limit) if limit else TOLD_S

    def look(frame: FrameType | None) -> float:
        nonlocal silent, said
        silent += step
        who = at_work(frame)
        if who and limit is not None and silent >= limit:
            raise PluginError(
                f"{who}, for longer than the {limit:g} s that {LIMIT} allows; leave it out, or "
                "allow it more."
            )
        if who and not said and silent >= TOLD_S:
            said = True
            warn(f"{who}, for {silent:g} s now; it goes on, and Ctrl-C stops it.")
        return step

    with alarm(step, look) as again:

        def sign_of_life(_: Any) -> None:
            nonlocal silent, said
            silent, said = 0.0, False
            again()

        yield sign_of_life


def patience() -> float | None:
    """What ``MONAS_PATIENCE`` says. Raises UsageError."""
    text = os.environ.get(LIMIT, "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise UsageError(f'{LIMIT} is "{text:.40}"; it must be a positive number of seconds.')
    return seconds
