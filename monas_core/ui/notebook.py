"""The run as a notebook shows it while it goes on: bars in one output that is drawn anew.

Needs IPython, which a notebook has. Elsewhere ``in_notebook`` says no, and nothing is loaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

from monas_core import events
from monas_core.ui.parts import PhaseView
from monas_core.ui.progress import Furthest
from monas_core.ui.telling import opening
from monas_core.ui.text import amount, clock, number
from monas_core.ui.view import ViewState, fold

SECONDS_BETWEEN_UPDATES = 0.5
_SHOWN_WARNINGS = 5
_BAR = "width:16em;vertical-align:middle"


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook: IPython with a front end to draw in."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


class NotebookProgress:
    """An observer that draws how far a run is, at most every half second.

    Args:
        show: Draws HTML in an output of its own and gives what replaces it; IPython's display
            without it.
        seconds: Least time between two drawings.
        timer: What tells it.
    """

    def __init__(
        self,
        show: Callable[[str], Callable[[str], Any]] | None = None,
        *,
        seconds: float = SECONDS_BETWEEN_UPDATES,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = ViewState()
        self.notice = ""
        """A line for the person, as that the run is about to stop."""
        self._show = show or _displayed
        self._replace: Callable[[str], Any] | None = None
        self._seconds, self._timer = seconds, timer
        self._drawn = float("-inf")
        self._furthest = Furthest()

    def __call__(self, event: events.Event) -> None:
        """Fold the event; draw if it is time, or if it matters."""
        self.state = fold(self.state, event)
        if isinstance(event, events.RunStarted):
            self._furthest.restart()
        frequent = isinstance(event, events.StepFinished | events.EvaluationAdded)
        if frequent and self._timer() - self._drawn < self._seconds:
            return
        self._drawn = self._timer()
        if self._replace is None:
            self._replace = self._show(self.html())
        else:
            self._replace(self.html())

    def html(self) -> str:
        """What is shown now: all text is escaped."""
        state = self.state
        outlook = self._furthest(state, state.time)
        left = "" if outlook.left is None or state.over else f", {clock(outlook.left)} left"
        told = f"{state.status}: {outlook.fraction:.0%} after {clock(state.time)}{left}"
        words = [f"{state.space} on {state.task} with {state.optimizer}", told]
        lines = [f"<strong>{escape(words[0])}</strong> · {escape(words[1])}"]
        if not state.over and (sentence := opening(state, state.time)):
            lines.append(escape(sentence))
        rows = "".join(_row(phase) for phase in state.phases)
        quality = state.mean_hypervolume()
        if quality is not None:
            lines.append(escape(f"hypervolume {number(quality)}, mean of the devices"))
        lines += [f"⚠ {escape(warning)}" for warning in state.warnings[-_SHOWN_WARNINGS:]]
        lines += [escape(text) for text in (self.notice, state.message) if text]
        lines.append(f"<small>{escape(state.run)}</small>")
        return f"<div>{lines[0]}<table>{rows}</table>{'<br>'.join(lines[1:])}</div>"


def _row(phase: PhaseView) -> str:
    losses = [f"{name} {number(series.latest)}" for name, series in phase.losses.items()]
    told = ", ".join(filter(None, [*losses, phase.note]))
    share = 1.0 if phase.ended is not None else phase.fraction
    label = f"{phase.name} {amount(phase.done, phase.total, phase.unit)}"
    bar = f'<progress value="{share:.3f}" max="1" style="{_BAR}">{share:.0%}</progress>'
    return f"<tr><td>{escape(label)}</td><td>{bar}</td><td>{escape(told)}</td></tr>"


def _displayed(html: str) -> Callable[[str], Any]:
    from IPython.display import HTML, display

    handle: Any = display(HTML(html), display_id=True)
    return lambda changed: handle.update(HTML(changed)) if handle is not None else None
