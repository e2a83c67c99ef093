"""Playing a log again: at any speed, held, and from any place where there are keys."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monas_core.events import Event
    from monas_core.ui.live import LiveScreen

_LONGEST_PAUSE_S = 2.0
_TICK_S = 0.05


class Player:
    """Sends a log to a live screen as its keys ask for."""

    def __init__(
        self,
        log: Sequence[Event],
        screen: LiveScreen,
        speed: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._log, self._screen, self._speed, self._sleep = log, screen, speed, sleep
        self._times = [event.time for event in log]
        self._next = 0

    def play(self) -> None:
        """Play to the end, and stay there until the person leaves; without keys a little while."""
        controls, waited = self._screen.controls, 0.0
        while not controls.leaving:
            if jump := controls.taken_jump():
                self._go(jump)
            ended = self._next >= len(self._log)
            self._say(ended)
            if ended and not controls.keyed:
                self._sleep(min(3.0, 8.0 / self._speed))
                return
            if ended or controls.held:
                self._sleep(_TICK_S)
                continue
            speed = self._speed * controls.faster
            self._screen.speed = speed
            pause = min(self._ahead() / speed, _LONGEST_PAUSE_S) - waited
            if pause > _TICK_S:  # in small parts, so that keys are obeyed at once
                self._sleep(_TICK_S)
                waited += _TICK_S
                continue
            if pause > 0.005:
                self._sleep(pause)
            waited = 0.0
            self._screen(self._log[self._next])
            self._next += 1

    def _ahead(self) -> float:
        """Seconds of the run until the next event."""
        before = self._times[self._next - 1] if self._next else 0.0
        return self._times[self._next] - before

    def _go(self, share: float) -> None:
        """Show the moment that lies by a share of the run before or behind this one."""
        from monas_core.ui.view import fold_all

        if not self._log:
            return
        here = self._times[max(0, self._next - 1)]
        wanted = here + share * self._times[-1]
        found = bisect_right(self._times, wanted)
        # by one event at least, or a jump would lead nowhere where they are far apart
        found = max(found, self._next + 1) if share > 0 else min(found, self._next - 1)
        self._next = min(len(self._log), max(1, found))
        self._screen.go_to(fold_all(self._log[: self._next]))

    def _say(self, ended: bool) -> None:
        from monas_core.ui.text import clock, number

        controls, screen = self._screen.controls, self._screen
        speed = number(self._speed * controls.faster, 3)
        if ended:
            screen.notice = "end of the replay; q leaves, , goes back, ? keys and words"
        elif controls.held:
            screen.notice = f"held at {clock(screen.state.time)}; space goes on, , . back and forth"
        else:
            screen.notice = "" if controls.faster == 1.0 else f"{speed} times as fast as it was"


def play_lines(log: Sequence[Event], screen: Any, speed: float) -> None:
    """The same without a screen: lines as they came."""
    before = 0.0
    for event in log:
        pause = (event.time - before) / speed
        if pause > 0.005:
            time.sleep(min(pause, _LONGEST_PAUSE_S))
        before = event.time
        screen(event)
