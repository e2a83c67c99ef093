"""The run as plain lines, for logs, pipes and terminals without cursor control."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from monas_core import events
from monas_core.ui.limits import limit_lines
from monas_core.ui.parts import PhaseView
from monas_core.ui.progress import Furthest, phase_left
from monas_core.ui.telling import introduced, opening, timed, unseen
from monas_core.ui.text import amount, clock, count, number, plain_fact
from monas_core.ui.view import ViewState, fold

SECONDS_BETWEEN_LINES = 3.0
_TOLD = (
    "data", "seen as", "limits", "preset", "architecture", "starts from", "teacher",
    "parameters", "architectures", "retrain", "torch device", "seed",
)  # fmt: skip
"""Facts worth a line, where there are such."""


class PlainLines:
    """An observer that writes a line for what matters and one every few seconds."""

    def __init__(
        self,
        stream: TextIO,
        *,
        seconds: float = SECONDS_BETWEEN_LINES,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = ViewState()
        self._stream = stream
        self._seconds = seconds
        self._timer = timer
        self._written = float("-inf")
        self._warned: set[str] = set()
        self._furthest = Furthest()
        self._foretold = False

    def __call__(self, event: events.Event) -> None:
        """Fold the event and say what is worth a line."""
        before = self.state
        self.state = fold(before, event)
        match event:
            case events.RunStarted():
                self._furthest.restart()
                self._foretold = self.state.resumed
                self._introduce()
            case events.PhaseStarted():
                self._announce(before.phase, event)
            case events.StepFinished():
                self._foretell()
                if self._timer() - self._written >= self._seconds:
                    self._progress(event)
            case events.Warned():
                if event.message not in self._warned:
                    self._warned.add(event.message)
                    self._line(f"warning: {event.message}")
            case events.RunFinished():
                self._close(self.state.phase)
                self._line(f"run {event.status}{': ' + event.message if event.message else ''}")
            case _:
                pass

    def _introduce(self) -> None:
        state = self.state
        objectives = "; ".join(map(introduced, state.objectives))
        word = "goes on" if state.resumed else "starts"
        self._line(f"run {word}: {state.space} on {state.task} with {state.optimizer}")
        self._line(f"  objectives: {objectives}")
        if state.devices:
            self._line(f"  devices: {', '.join(state.devices)}")
        if state.held_out:
            self._line(f"  held out: {', '.join(state.held_out)}")
        for key in _TOLD:
            if state.facts.get(key) not in (None, ""):
                self._line(f"  {key}: {plain_fact(state.facts[key])}")
        self._line(f"  folder: {state.run}")

    def _foretell(self) -> None:
        """What is about to happen, once it can be told how long it takes."""
        first = not self._foretold and len(self.state.phases) < 2
        if first and timed(self.state, self.state.time):
            self._foretold = True
            self._line(opening(self.state, self.state.time))

    def _announce(self, before: PhaseView | None, event: events.PhaseStarted) -> None:
        """A phase, and once more when its length becomes known."""
        length = f": {event.total:.0f} {event.unit}" if event.total > 0 else ""
        if before is not None and before.name == event.phase and not before.done:
            self._line(f"{event.phase}{length}")
            return
        self._close(before)
        self._line(f"{event.phase} starts{length}")

    def _progress(self, event: events.StepFinished) -> None:
        phase = next((p for p in self.state.phases if p.name == event.phase), None)
        if phase is None:
            return
        parts = [f"{phase.name} {amount(phase.done, phase.total, phase.unit)}"]
        parts += [f"{name} {number(s.latest)}" for name, s in phase.losses.items()]
        hypervolume = self.state.mean_hypervolume()
        if hypervolume is not None:
            parts.append(f"hypervolume {number(hypervolume)}")
        parts += [f"{count(float(f'{v:.3g}'))} {name}" for name, v in phase.rates.items()]
        if self.state.memory_mb:
            parts.append(f"{self.state.memory_mb:.0f} MB")
        left = phase_left(phase, self.state.time)
        if left is not None:
            parts.append(f"{clock(left)} left")
        whole = self._furthest(self.state, self.state.time)
        parts.append(f"{whole.fraction:.0%} of the run")
        self._line("  ".join(parts))

    def _close(self, phase: PhaseView | None) -> None:
        if phase is None or not phase.done:
            return
        text = f"{phase.name} ends: {amount(phase.done, phase.total, phase.unit)}"
        text += f" in {clock(self.state.time - phase.started)}"
        hypervolume = self.state.mean_hypervolume()
        if hypervolume is not None:
            text += f", hypervolume {number(hypervolume)}"
        self._line(text)
        if told := unseen(self.state, next(iter(self.state.devices), "")):
            self._line(f"  {told}")
        for device, front in self.state.fronts.items():
            for line in limit_lines(front.limits):
                self._line(f"  {device}: {line}")

    def _line(self, text: str) -> None:
        text = "".join(c if c.isprintable() else " " for c in text)
        self._stream.write(f"[{clock(self.state.time)}] {text}\n")
        self._stream.flush()
        self._written = self._timer()
