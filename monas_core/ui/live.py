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
from monas_core.ui.controls import Controls, Mode
from monas_core.ui.keys import keys
from monas_core.ui.progress import Furthest
from monas_core.ui.screen import compose, focus_device
from monas_core.ui.tables import shown_devices
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
        mode: Mode = "run",
    ) -> None:
        self.console = console
        self.state = ViewState()
        self.controls = Controls(mode, device)
        self.speed = 1.0
        """How much faster than the clock the time of the run passes."""
        self.notice = ""
        """A message of the program itself, for the last line."""
        self._clock = clock
        self._opened = clock()
        self._heard = clock()
        self._stray = io.StringIO()
        self._furthest = Furthest()
        self._picture: tuple[ViewState, float, str] | None = None

    def __call__(self, event: Event) -> None:
        """Take an event; drawing happens on the screen's own time."""
        if isinstance(event, RunStarted):
            self._furthest.restart()
        self.state = fold(self.state, event)
        self._heard = self._clock()

    def go_to(self, state: ViewState) -> None:
        """Show another moment of the run, earlier or later."""
        self._furthest.restart()
        self.state = state
        self._heard = self._clock()

    def heard_ago(self, seconds: float) -> None:
        """Say that the latest event is older than its arrival (a log read late)."""
        self._heard = self._clock() - seconds

    @property
    def now(self) -> float:
        """Time of the run: that of the latest event and what has passed since."""
        still = self.controls.mode == "replay" and self.controls.held
        if self.state.over or self.state.status == "waiting" or still:
            return self.state.time
        return self.state.time + (self._clock() - self._heard) * self.speed

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One frame, exactly as large as the terminal is now."""
        width, height = options.max_width, options.height or console.height
        try:
            state, now, focus = self._moment()
            lines = compose(
                state,
                width,
                height,
                now=now,
                focus=focus,
                notice=self.notice,
                controls=self.controls,
                view=self._furthest(state, now),
            )
        except Exception as error:  # noqa: BLE001 - a drawing fault must not end a search
            lines = [Text(f"screen: {error!r}"[:width])]
        for index, line in enumerate(lines):
            line.end = "" if index == len(lines) - 1 else "\n"
            yield line

    def press(self, key: str) -> None:
        """Do what a key stands for; keys without a meaning count for nothing."""
        names = [name for name in shown_devices(self.state) if name in self.state.fronts]
        self.controls.press(key, names, self._focus(), len(self.state.objectives))

    def _moment(self) -> tuple[ViewState, float, str]:
        """What is drawn: what holds now or, while the picture is held, what held then."""
        if not self.controls.held:
            self._picture = None
            return self.state, self.now, self._focus()
        if self._picture is None:
            self._picture = (self.state, self.now, self._focus())
        state, now, focus = self._picture
        if self.controls.mode == "replay":  # jumps are seen while it is held
            state, now = self.state, self.now
        return state, now, self.controls.device or focus

    def _focus(self) -> str:
        return focus_device(self.state, self._clock() - self._opened, self.controls.device)

    @contextlib.contextmanager
    def shown(self) -> Iterator[LiveScreen]:
        """Take over the terminal, and give it back whatever happens."""
        # frames go where they went first, also while something leads standard output elsewhere
        self.console.file = self.console.file
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
                keys(self.press) as self.controls.keyed,
            ):
                try:  # not as a context: a signal while the first frame is drawn must end it, too
                    live.start(refresh=True)
                    yield self
                finally:
                    live.stop()
        finally:
            stray = self._stray.getvalue()
            if stray:
                Console(stderr=True).out(stray, end="", highlight=False)
