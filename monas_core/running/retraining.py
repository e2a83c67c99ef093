"""The phase after the fronts: their members are trained alone, one after the other.

Which ones is chosen once and kept in the run; each training has a folder and checkpoints of
its own, so a run that was stopped here goes on in the midst of a training.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monas_core.errors import Diverged, Interrupted, MonasError, UsageError
from monas_core.events import Bus, Event, PhaseStarted, StepFinished, Warned
from monas_core.files import parse_json, strict_json, write_text
from monas_core.record.front_store import read_front, write_front
from monas_core.running import rounds
from monas_core.running.judging import chosen, judged, reached, with_scores
from monas_core.running.work import Work
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.values.architecture import Architecture
from monas_core.values.member import Front, Member

PHASE = "retrain"
CHOSEN = "retrain.json"
"""In the run folder: which architectures are trained alone."""
_UNIT = "architectures"


def retrain(work: Work) -> None:
    """Train members of the fronts alone and judge the fronts by what they reach."""
    settings = work.plan.retraining
    if settings is not None:
        fronts = _fronts(work)
        members = _members(work, list(fronts.values()))
        work.emit(PhaseStarted(work.now(), PHASE, len(members), _UNIT))
        training = _Retraining(work, settings, len(members))
        found = training.all_of(members)
        mark = work.clock()
        _judge(work, fronts, found, training.scores)
        work.spend(PHASE, mark)
    work.session.phase = "done"
    work.save()


def _fronts(work: Work) -> dict[str, Front]:
    """As the phase before wrote them."""
    folder = work.folder.at("front")
    return {d.name: read_front(folder / f"{d.name}.json") for d in work.plan.all_devices}


def _members(work: Work, fronts: Sequence[Front]) -> list[Member]:
    """Those chosen before, or a choice made now and written down."""
    every = {member.key: member for front in fronts for member in front.members}
    path = work.folder.at(CHOSEN)
    known = _kept(path)
    if known and all(key in every for key in known):
        return [every[key] for key in known]
    wanted = work.plan.config.retrain
    found = chosen(fronts, wanted.members)
    document = {
        "budget": str(wanted.budget),
        "at most": wanted.members,
        "members of all fronts": len(every),
        "chosen": [member.key for member in found],
    }
    write_text(path, strict_json(document, indent=1) + "\n")
    return found


def _kept(path: Path) -> list[str]:
    """Keys that were written down; none where there is no such file, or it is damaged."""
    try:
        keys = parse_json(path.read_text(encoding="utf-8"))["chosen"]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # the choice follows from the fronts: it is made again
    return keys if isinstance(keys, list) and all(isinstance(k, str) for k in keys) else []


class _Retraining:
    """Trains architectures and shows it as one counted phase of the run.

    Attributes:
        scores: What the task says of each, by key.
    """

    def __init__(self, work: Work, settings: TrainSettings, total: int) -> None:
        self._work = work
        self._settings = settings
        self._total = total
        self._done = 0
        self._steps = 1.0
        self._key = ""
        self._given_up: set[str] = set()
        self.scores: dict[str, object] = {}

    def all_of(self, members: Sequence[Member]) -> dict[Architecture, Mapping[str, float]]:
        """What each of them reached; whose training came to nothing is left out."""
        work, found = self._work, {}
        architectures = [work.plan.space.choices.from_json(m.architecture) for m in members]
        size = work.plan.ranks.count if rounds.shareable(work.session) else 1
        for number, (member, architecture) in enumerate(zip(members, architectures, strict=True)):
            mark = work.clock()
            self._done, self._key = number, member.key
            others = architectures[number + 1 : number + size] if number % size == 0 else []
            with self._handed_out(others):
                scores = self._train(architecture)
            self.scores[member.key] = scores
            values = reached(work.plan.objectives, scores)
            if values is not None:
                found[architecture] = values
            else:
                work.warn(f"Architecture {member.key} reached nothing; it is not judged anew.")
            work.spend(PHASE, mark)
            work.step_done(PHASE, number + 1, number + 1)
        return found

    @contextlib.contextmanager
    def _handed_out(self, architectures: Sequence[Architecture]) -> Iterator[None]:
        """Other processes train these during the block; afterwards what they did is here."""
        if not architectures:
            yield
            return
        work, ranks = self._work, self._work.plan.ranks

        def heed() -> None:
            if work.control.stopping:
                ranks.board.post(rounds.STOP, "")

        work.crew.trainings(work.folder.path, architectures)
        try:
            yield
        except Exception:
            ranks.board.post(rounds.STOP, "")
            raise
        finally:
            _, *told = ranks.gather(None, heed)
            for architecture, one in zip(architectures, told, strict=False):
                self._take_over(architecture, one)

    def _take_over(self, architecture: Architecture, told: Mapping[str, Any]) -> None:
        """What another process sent. Raises MonasError where it could not train."""
        rounds.taken_over(self._work.folder.path, architecture, told)
        for note in told["notes"]:
            self._work.warn(note)
        if told["failed"]:
            raise MonasError(told["fault"])
        if told["fault"]:
            self._work.warn(told["fault"])
            self._given_up.add(architecture.key)

    def _train(self, architecture: Architecture) -> object:
        if architecture.key in self._given_up:
            return None
        bus = Bus()
        bus.attach(self._hear)
        context, run = self._work.session.context, self._work.folder.path
        try:
            result = train(
                context, run, architecture, self._settings, bus=bus, control=self._work.control
            )
        except Diverged as fault:
            self._work.warn(str(fault))
            return None
        except Interrupted:
            self._work.step_done(PHASE, self._done, self._done)  # which stops as a run does
            raise
        if "after" not in result:
            raise UsageError(
                f"What the training of architecture {architecture.key} found is damaged; delete "
                f"{run / 'trained' / architecture.key} and resume the run."
            )
        return result["after"]

    def _hear(self, event: Event) -> None:
        """Tell of the steps of one training as parts of the phase."""
        if isinstance(event, PhaseStarted):
            self._steps = max(1.0, event.total)
        elif isinstance(event, Warned):
            self._work.warn(event.message)
        elif isinstance(event, StepFinished):
            note = f"{self._key}  step {event.step} of {self._steps:.0f}"
            share = event.done / self._steps
            done = self._done + min(share, 0.999)  # the whole is told with its score
            self._work.tell(PHASE, done, event.step, event.losses, event.rates, note)


def _judge(
    work: Work,
    fronts: Mapping[str, Front],
    found: Mapping[Architecture, Mapping[str, float]],
    scores: Mapping[str, object],
) -> None:
    """Write the fronts with what was reached, and what the result says of it."""
    values = {architecture.key: reached for architecture, reached in found.items()}
    for name, front in fronts.items():
        anew = judged(work.session, front, values, list(found))
        if all(objective.score is None for objective in work.plan.objectives):
            anew = with_scores(anew, scores, work.plan.task.score.name)
        write_front(work.folder.at("front"), anew, work.plan.space.choices.conditions)
        work.facts[name] = {**work.facts[name], "retrained": _told(anew)}


def _told(front: Front) -> dict[str, Any]:
    """What the result says of a front that was judged anew; its members are in the front file."""
    result = front.retrained
    assert result is not None  # which is what judging it anew means
    return {
        "budget": result.budget,
        "hypervolume": result.hypervolume,
        "inherited_hypervolume": result.inherited_hypervolume,
        "rank_correlation": dict(result.rank_correlation),
        "members": len(result.members),
        "retrained": sum(1 for member in front.members if member.retrained),
    }
