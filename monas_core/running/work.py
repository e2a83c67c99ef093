"""What the phases of a run share: its parts, its clock, and how they tell, save and stop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch

from monas_core import events
from monas_core.errors import Interrupted
from monas_core.record.archive import Archive
from monas_core.record.checkpoints import ARCHIVE
from monas_core.record.given_store import going_on
from monas_core.record.journal import Journal
from monas_core.record.peak import peak_mb
from monas_core.record.rundir import RunFolder
from monas_core.running.control import Control
from monas_core.running.crew import Crew
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.train.steadiness import Steadiness, Words


@attrs.frozen
class RunResult:
    """Where a finished run lies and what it found."""

    run: Path
    devices: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float]
    data: Mapping[str, Any] = attrs.field(factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document that ``monas run --json`` prints."""
        return {
            "run": str(self.run),
            "devices": {name: dict(facts) for name, facts in self.devices.items()},
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "data": dict(self.data),
        }


class Work:
    """One run in this process, as its phases see it.

    Attributes:
        plan: What is run.
        folder: Where.
        session: Its live state.
        journal: Its log, checkpoints and clock.
        told: Number of evaluated architectures that screens have heard of.
        control: How a person stops it.
        facts: By device, what the result says of its front, once that is known.
        crew: All processes of the run.
        steadiness: Puts the phase back where weights diverge; ``None`` where none are learnt.
    """

    def __init__(self, plan: Plan, folder: RunFolder, bus: events.Bus, control: Control) -> None:
        self.plan = plan
        self.folder = folder
        self.session = Session(plan, folder.path)
        self.session.context.engine.warn = self.warn
        self.crew = Crew(self.session)
        if plan.ranks.count > 1 and self.session.context.supernet is not None:
            self.session.context.helpers = self.crew
        self.journal = Journal(folder.path, bus, folder.whose)
        self.told = 0
        self.facts: dict[str, dict[str, Any]] = {}
        self.control = control
        self.steadiness: Steadiness | None = None
        self._steady: Mapping[str, Any] | None = None
        self._fronts: dict[str, events.FrontChanged] = {}

    def now(self) -> float:
        """Seconds of work on this run, earlier parts included."""
        return self.journal.now()

    def clock(self) -> float:
        """Seconds in which this process ran, from any beginning."""
        return self.journal.clock()

    def emit(self, event: events.Event) -> None:
        """Tell whoever listens."""
        self.journal.emit(event)

    def restore(self) -> bool:
        """Go back to the latest checkpoint that is whole; whether there is one."""
        archive = Archive(self.folder.at(ARCHIVE), self.journal.archive)
        found = self.journal.restore()
        if found is not None:
            self.session.load_state_dict(found.content.get("session"), archive)
            self.told = found.content["told"]
            self.facts = found.content["facts"]
            self._steady = _whole(found.content)
        self.session.evaluator.listen(archive.add)
        return found is not None

    def steady(self, spacing: int, words: Words) -> Steadiness:
        """Watch over the weights of a phase from now on, or go on with it."""
        self.steadiness = Steadiness(self.session, spacing, words, self.warn, self._steady)
        self._steady = None
        return self.steadiness

    def warn(self, message: str) -> None:
        """Tell of something a person should know."""
        self.emit(events.Warned(self.now(), message))

    def spend(self, phase: str, begin: float) -> float:
        """Book the time since ``begin`` (of ``clock``) on a phase, in seconds."""
        spent = max(1e-9, self.clock() - begin)
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
        self.tell(phase, done, step, losses or {}, rates or {}, note)
        if self.control.stopping:
            self.save()
            again = going_on(self.folder.path, python=self.control.python)
            raise Interrupted(f"stopped during {phase}; go on with: {again}")
        if self.journal.due:
            self.save()

    def tell(
        self,
        phase: str,
        done: float,
        step: int,
        losses: Mapping[str, float],
        rates: Mapping[str, float],
        note: str,
    ) -> None:
        """Tell of progress and do nothing else."""
        now = self.now()
        self.emit(events.StepFinished(now, phase, done, step, losses, rates, note, peak_mb()))

    def tell_front(self, front: events.FrontChanged, *, anyway: bool) -> None:
        """Tell of a front where it is not the one told last, or ``anyway``."""
        known, timeless = self._fronts.get(front.device), attrs.evolve(front, time=0.0)
        if anyway or timeless != known:
            self._fronts[front.device] = timeless
            self.emit(front)

    def save(self) -> None:
        """Write a checkpoint; where weights have diverged unseen, of the last good state."""
        steady = None
        if self.steadiness is not None:
            self.steadiness.confirmed()
            steady = self.steadiness.state_dict()
        session = self.session.state_dict()
        content = {"session": session, "told": self.told, "facts": self.facts}
        self.journal.save(content | {"steadiness": _lean(steady, session)})


def _lean(steady: Mapping[str, Any] | None, session: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Without the weights of the good state where they are those of the checkpoint itself."""
    if steady is None or session["supernet"] is None:
        return steady
    good, now = steady["weights"], session["supernet"]
    same = all(torch.equal(good[name], value.cpu()) for name, value in now.items())
    return {**steady, "weights": None} if same else steady


def _whole(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Inverse of ``_lean``."""
    steady = content.get("steadiness")
    if steady is None or steady["weights"] is not None:
        return steady
    return {**steady, "weights": content["session"]["supernet"]}
