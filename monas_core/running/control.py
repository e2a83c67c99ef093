"""How a person stops a run, and follows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from monas_core import events


class Control:
    """How a person stops a run: read by the engine between two steps.

    Example:
        >>> control = Control()
        >>> threading.Timer(60, control.stop).start()
        >>> run = search("gpt", control=control)  # raises Interrupted, and can be resumed
    """

    def __init__(self) -> None:
        self.stopping = False
        self.python = False
        """Whether a program carries the run out, for what is said to who stopped it."""

    def stop(self) -> None:
        """Stop after the current step; from any thread."""
        self.stopping = True


@attrs.frozen
class Progress:
    """Where a run stands.

    Attributes:
        phase: ``warm-up``, ``search`` or ``finish``.
        done, total: In ``unit``; ``total`` is 0 where it is not known.
        unit: ``steps``, ``seconds``, ``evaluations``, ``architectures``.
        seconds: Of work on the run so far.
        losses: The latest, by name.
        note: What is being done, where there is more to say.
    """

    phase: str
    done: float
    total: float
    unit: str
    seconds: float
    losses: dict[str, float]
    note: str = ""

    @property
    def fraction(self) -> float:
        """Of the phase, between 0 and 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class Following:
    """An observer that tells a function after every step.

    Args:
        tell: Is called with ``Progress``; where it fails it is told nothing more, and the run
            goes on.
    """

    def __init__(self, tell: Callable[[Progress], Any]) -> None:
        self._tell = tell
        self._total, self._unit = 0.0, ""
        self.__qualname__ = f"progress {getattr(tell, '__name__', type(tell).__name__)}"

    def __call__(self, event: events.Event) -> None:
        """Hear of an event."""
        if isinstance(event, events.PhaseStarted):
            self._total, self._unit = event.total, event.unit
        if isinstance(event, events.StepFinished):
            losses = dict(event.losses)
            told = (event.phase, event.done, self._total, self._unit, event.time, losses)
            self._tell(Progress(*told, event.note))
