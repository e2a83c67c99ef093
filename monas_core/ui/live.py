"""The live screen: receives events, redraws a few times a second, survives anything."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable, Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from monas_core.events import Event, RunStarted
from monas_core.ui.keys import keys
from monas_core.ui.progress import Furthest
from monas_core.ui.screen import STOPPING, compose, focus_device
from monas_core.ui.view import ViewState, fold

REFRESHES_PER_SECOND = 4


class LiveScreen:
    """An observer that draws the run on the whole terminal.

    Use it as a context manager. Text that anything writes to standard error
    meanwhile is kept and written afterwards, so that it cannot tear the screen.
    """

    def __init__(
        self,
        console: Console,
        *,
        device: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        speed: float = 1.0,
        watching: bool = False,
    ) -> None:
        self.console = console
        self.state = ViewState()
        self.device = device
        self.speed = speed
        self.notice = ""
        """A message of the program itself, for the last line."""
        self.watching = watching
        self.leaving = self.paused = self.keyed = False
        """What a person asked for with a key, and whether keys are read."""
        self._clock = clock
        self._opened = clock()
        self._heard = clock()
        self._stray = io.StringIO()
        self._furthest = Furthest()

    def __call__(self, event: Event) -> None:
        """Take an event; drawing happens on the screen's own time."""
        if isinstance(event, RunStarted):
            self._furthest.restart()
        self.state = fold(self.state, event)
        self._heard = self._clock()

    def heard_ago(self, seconds: float) -> None:
        """Say that the latest event is older than its arrival (a log read late)."""
        self._heard = self._clock() - seconds

    @property
    def now(self) -> float:
        """Time of the run: that of the latest event and what has passed since."""
        if self.state.over or self.state.status == "waiting":
            return self.state.time
        return self.state.time + (self._clock() - self._heard) * self.speed

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One frame, exactly as large as the terminal is now."""
        width, height = options.max_width, options.height or console.height
        try:
            lines = compose(
                self.state,
                width,
                height,
                now=self.now,
                focus=self._focus(),
                notice=self.notice,
                hint=self._hint(),
                view=self._furthest(self.state, self.now),
            )
        except Exception as error:  # noqa: BLE001 - a drawing fault must not end a search
            lines = [Text(f"screen: {error!r}"[:width])]
        for index, line in enumerate(lines):
            line.end = "" if index == len(lines) - 1 else "\n"
            yield line

    def press(self, key: str) -> None:
        """Do what a key stands for; keys without a meaning count for nothing."""
        names = [n for n in (*self.state.devices, *self.state.held_out) if n in self.state.fronts]
        if key in ("left", "right") and names:
            here = names.index(self._focus()) if self._focus() in names else 0
            self.device = names[(here + (1 if key == "right" else -1)) % len(names)]
        elif key.isdecimal() and key.isascii():
            chosen = names[int(key) - 1 : int(key)] if key != "0" else []
            self.device = chosen[0] if chosen else None if key == "0" else self.device
        elif key in "qQ":
            self.leaving = self.watching
        elif key == " ":
            self.paused = self.watching and not self.paused

    def _focus(self) -> str:
        return focus_device(self.state, self._clock() - self._opened, self.device)

    def _hint(self) -> str:
        """What can be done: stopping ends a run, and only the watching of one elsewhere."""
        if not self.watching:
            return f"{STOPPING}; ←→ device" if self.keyed else STOPPING
        if not self.keyed:
            return "Ctrl-C leaves, the run goes on"
        return (
            f"q leaves, the run goes on; ←→ device, space {'goes on' if self.paused else 'holds'}"
        )

    @contextlib.contextmanager
    def shown(self) -> Iterator[LiveScreen]:
        """Take over the terminal, and give it back whatever happens."""
        live = Live(
            self,
            console=self.console,
            screen=True,
            refresh_per_second=REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        try:
            with (
                contextlib.redirect_stderr(self._stray),
                keys(self.press) as self.keyed,
                live,
            ):
                yield self
        finally:
            stray = self._stray.getvalue()
            if stray:
                Console(stderr=True).out(stray, end="")
