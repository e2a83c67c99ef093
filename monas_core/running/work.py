"""What the phases of a run share: its parts, its clock, and how they tell, save and stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core import events, state
from monas_core.errors import Interrupted
from monas_core.record.archive import Archive
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.memory import peak_mb
from monas_core.running.plan import Plan
from monas_core.running.session import Session

_CHECKPOINT_EVERY_S = 20.0


@attrs.frozen
class RunResult:
    """Where a finished run lies and what it found."""

    run: Path
    devices: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """The document that ``monas run --json`` prints."""
        return {
            "run": str(self.run),
            "devices": {name: dict(facts) for name, facts in self.devices.items()},
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


class Work:
    """One run in this process, as its phases see it.

    Attributes:
        plan: What is run.
        folder: Where.
        session: Its live state.
        archive: Every value it obtained.
        told: Number of evaluated architectures that screens have heard of.
    """

    def __init__(self, plan: Plan, folder: RunFolder, bus: events.Bus, control: Control) -> None:
        self.plan = plan
        self.folder = folder
        self.session = Session(plan)
        self.archive = Archive(folder.path / "archive.jsonl")
        self.told = 0
        self._bus = bus
        self._control = control
        self._clock = 0.0
        self._started = self._saved_at = time.perf_counter()
        self._save_took = 0.0
        self._checkpoints = 0

    def now(self) -> float:
        """Seconds of work on this run, earlier parts included."""
        return self._clock + time.perf_counter() - self._started

    def emit(self, event: events.Event) -> None:
        """Tell whoever listens."""
        self._bus.emit(event)

    def restore(self) -> bool:
        """Go back to the latest checkpoint; whether there is one."""
        saved = self.folder.load_checkpoint()
        if saved is None:
            self.folder.cut_logs({"events.jsonl": 0, "archive.jsonl": 0})
            return False
        self.folder.cut_logs(saved["logs"])
        self.session.load_state_dict(saved["session"], self.archive)
        self._clock = saved["clock"]
        self._checkpoints = saved["number"] + 1
        self.told = saved["told"]
        return True

    def spend(self, phase: str, begin: float) -> float:
        """Book the time since ``begin`` (of ``time.perf_counter``) on a phase, in seconds."""
        spent = max(1e-9, time.perf_counter() - begin)
        self.session.seconds[phase] += spent
        return spent

    def step_done(
        self,
        phase: str,
        done: float,
        step: int,
        losses: Mapping[str, float] | None = None,
        rates: Mapping[str, float] | None = None,
        note: str = "",
    ) -> None:
        """Tell, save now and then, and stop here if asked to. Raises Interrupted."""
        self.emit(
            events.StepFinished(
                self.now(), phase, done, step, losses or {}, rates or {}, note, peak_mb()
            )
        )
        if self._control.stopping:
            self.save()
            raise Interrupted(
                f"stopped during {phase}; go on with: monas run --resume {self.folder.path}"
            )
        if time.perf_counter() - self._saved_at > max(_CHECKPOINT_EVERY_S, 20 * self._save_took):
            self.save()

    def save(self) -> None:
        """Write a checkpoint."""
        begin = time.perf_counter()
        path = self.folder.new_checkpoint(self._checkpoints)
        state.save(
            path,
            {
                "session": self.session.state_dict(),
                "clock": self.now(),
                "number": self._checkpoints,
                "told": self.told,
                "logs": self.folder.log_sizes(),
            },
        )
        self._checkpoints += 1
        self.folder.prune_checkpoints()
        self._saved_at = time.perf_counter()
        self._save_took = self._saved_at - begin
        self.emit(events.CheckpointSaved(self.now(), str(path)))
