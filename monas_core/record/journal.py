"""What is kept of one piece of work: its log, its checkpoints, its clock and its end.

Runs and trainings keep theirs alike. A journal belongs to a folder that this process has
locked; whatever it cannot prove to be whole it does not go on from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from monas_core import events, state
from monas_core.errors import Interrupted, MonasError, UsageError
from monas_core.files import inside, sweep
from monas_core.record import checkpoints
from monas_core.record.checkpoints import ARCHIVE, EVENTS, Checkpoint
from monas_core.record.logs import LineLog, Mark
from monas_core.record.workclock import WorkClock

CHECKPOINT_EVERY_S = 20.0
SHARE_OF_TIME = 50
"""Work takes at least this many times as long as saving it."""
_TOLD = 100_000
"""Keys of evaluated architectures that are remembered as written out."""


class Journal:
    """The record of work in one folder, from its latest checkpoint on.

    Attributes:
        archive: Log of values, the same in twins; a training writes none.
        clock: Seconds in which this process ran.

    Args:
        folder: Where.
        bus: Who hears of the work.
        whose: What events are marked with.
    """

    def __init__(self, folder: Path, bus: events.Bus, whose: str = "") -> None:
        self.folder, self.whose = folder, whose
        self.archive = LineLog(inside(folder, ARCHIVE))
        self._events = LineLog(inside(folder, EVENTS), whose)
        self._bus = bus
        self._cautions: list[str] = []
        self._useless: list[Path] = []
        self.clock = WorkClock()
        self._earlier = 0.0
        self._started = self._saved_at = self.clock()
        self._save_took = 0.0
        self._ending = False
        self._told: set[str] = set()

    # -- telling ------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds of work, earlier parts included."""
        return self._earlier + self.clock() - self._started

    def emit(self, event: events.Event) -> None:
        """Tell whoever listens."""
        self._bus.emit(event)

    def attached(self, observer: events.Observer) -> contextlib.AbstractContextManager[None]:
        """Inside, one more hears of the work."""
        return self._bus.attached(observer)

    def warn(self, message: str) -> None:
        """Keep a warning until somebody listens."""
        self._cautions.append(message)

    @contextlib.contextmanager
    def recording(
        self, opening: Callable[[], events.Event], seconds: Callable[[], Mapping[str, float]]
    ) -> Iterator[None]:
        """Log every event of the block and tell of a bad end; a good one is ``close``.

        Args:
            opening: The first event.
            seconds: Time spent, by phase.
        """
        with contextlib.ExitStack() as stack:
            stack.callback(self.archive.close)
            stack.callback(self._events.close)
            stack.enter_context(self.clock.ticking())
            stack.enter_context(self._bus.attached(self._log, first=True))
            try:
                self.emit(opening())
                for text in self._cautions:
                    self.emit(events.Warned(self.now(), text))
                yield
            except Interrupted as stop:
                self._fail("interrupted", seconds(), str(stop))
                raise
            except BaseException as error:
                self._fail("failed", seconds(), f"{type(error).__name__}: {error}")
                raise

    def close(self, seconds: Mapping[str, float]) -> dict[str, Any]:
        """Tell of the good end, and have it on disk before anything says that all is done.

        How far the logs went then, by name.
        """
        self.emit(events.RunFinished(self.now(), "done", seconds))
        return self._marks()

    def _marks(self) -> dict[str, Any]:
        return {log.path.name: log.mark().to_json() for log in (self.archive, self._events)}

    def _log(self, event: events.Event) -> None:
        document = events.to_json(event)
        if isinstance(event, events.EvaluationAdded):  # of every device; its choices once
            if event.key in self._told:
                document["architecture"] = {}
            elif len(self._told) >= _TOLD:
                self._told.clear()
            self._told.add(event.key)
        try:
            self._events.append(document)
        except MonasError:
            if not self._ending:
                raise

    def _fail(self, status: str, seconds: Mapping[str, float], message: str) -> None:
        self._ending = True  # a full disk must not hide from the screen why all ended
        self.emit(events.RunFinished(self.now(), status, seconds, message))

    # -- saving and going back ------------------------------------------------------------

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        pause = max(CHECKPOINT_EVERY_S, SHARE_OF_TIME * self._save_took)
        return self.clock() - self._saved_at > pause

    def save(self, content: Mapping[str, Any]) -> None:
        """Write a checkpoint; the logs it counts on are on disk before it is.

        Raises:
            MonasError: It cannot be written; earlier ones are intact.
        """
        begin = self.clock()
        logs = self._marks()
        path = checkpoints.path_of(self.folder, checkpoints.next_number(self.folder))
        facts = {"logs": logs}
        state.save(path, {**content, "clock": self.now(), **facts}, self.whose, facts)
        checkpoints.prune(self.folder, self._useless)
        self._useless.clear()
        self._saved_at = self.clock()
        self._save_took = self._saved_at - begin
        self.emit(events.CheckpointSaved(self.now(), str(path)))

    def restore(self) -> Checkpoint | None:
        """Go back to the newest checkpoint that is whole; ``None`` means to start from nothing.

        Raises:
            UsageError: Something was done already but cannot be gone on with.
        """
        for name in ("", "checkpoints", "front"):
            sweep(inside(self.folder, name) if name else self.folder)
        found = checkpoints.newest(self.folder, self.whose)
        if found is None:
            self._refuse_lost()
            self.archive.cut(Mark())
            self._events.cut(Mark())
            return None
        if found.faults:
            self._useless = [p for p in checkpoints.found(self.folder) if p.name > found.path.name]
            self.warn(f"{found.faults[0]} Going on from {found.path.name}, which is older.")
        self._earlier = found.clock
        self.archive.cut(found.logs[ARCHIVE])
        self._cut_events(found.logs[EVENTS])
        return found

    def _cut_events(self, mark: Mark) -> None:
        """Nothing is computed from the log of events: where it is damaged, a new one begins."""
        missing = mark.missing_in(self._events.path)
        if missing:
            self.warn(f"{missing.capitalize()}: what the screen was told before is lost.")
            if self._events.path.exists():
                self._events.path.replace(self._events.path.with_suffix(".damaged"))
            return
        self._events.cut(mark)

    def _refuse_lost(self) -> None:
        """Without checkpoints a run that had some must not begin again as if it were new."""
        log = self._events.path
        had = log.is_file() and any(b'"CheckpointSaved"' in line for line in log.open("rb"))
        archive = self.archive.path
        if had or (archive.is_file() and archive.stat().st_size):
            raise UsageError(
                f"{self.folder} has lost its checkpoints, so its work cannot be gone on with; "
                "restore the folder checkpoints from a copy, or start anew."
            )
