"""The last phases: fronts on unseen data and their files; then the end of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monas_core.events import FrontChanged, PhaseStarted, Warned
from monas_core.record import workload_store
from monas_core.record.front_store import write_front
from monas_core.record.picture import draw
from monas_core.running import finish as final
from monas_core.running.capacity import warning
from monas_core.running.lifeless import lifeless
from monas_core.running.remembered import keep
from monas_core.running.work import RunResult, Work
from monas_core.values.member import Front

PHASE = "finish"
_UNIT = "evaluations"
"""Of architectures on unseen data, then of what they cost on each device."""


def finish(work: Work) -> None:
    """Evaluate what the optimizer proposes and write fronts, picture and workloads."""
    work.emit(PhaseStarted(work.now(), PHASE, 0, _UNIT))
    mark, reached = work.clock(), 0

    def progress(done: int, total: int) -> None:
        nonlocal mark, reached
        if done == 0:
            work.emit(PhaseStarted(work.now(), PHASE, total, _UNIT))
        reached = done
        work.spend(PHASE, mark)
        mark = work.clock()
        work.step_done(PHASE, done, done)

    def note(text: str) -> None:
        work.step_done(PHASE, reached, reached, note=text)

    fronts = final.fronts(work.session, progress, note)
    work.facts = _write(work, fronts)
    workload_store.keep(work.folder.path, work.session.context, work.session.evaluator.evaluated())
    keep(work.folder.path, work.session)
    work.spend(PHASE, mark)
    work.session.phase = "retrain" if work.plan.retraining else "done"
    work.save()


def conclude(work: Work) -> None:
    """End the log, then write the result, which declares the run complete.

    In this order a kill anywhere leaves either a run that ends again when it is resumed, or
    one whose log has its end.
    """
    seconds = {**work.session.seconds, "total": work.now()}
    logs = work.journal.close(seconds)
    result = RunResult(work.folder.path, work.facts, seconds, _data(work))
    work.folder.conclude({**result.to_json(), "logs": logs})


def _data(work: Work) -> dict[str, Any]:
    """What the result says of the data."""
    record = work.plan.task.record()
    return {
        record.unit: dict(record.parts),
        "classes": list(record.classes),
        "left out": dict(record.left_out),
        "notes": list(record.notes),
        **record.facts,
    }


def _write(work: Work, fronts: Mapping[str, Front]) -> dict[str, dict[str, Any]]:
    """Front files and their picture; what the result says of each device."""
    folder = work.folder.at("front")
    folder.mkdir(exist_ok=True)
    facts: dict[str, dict[str, Any]] = {}
    for name, front in fronts.items():
        path = write_front(folder, front, work.plan.space.choices.conditions)
        volume, members = front.hypervolume, [member.to_json() for member in front.members]
        facts[name] = {"hypervolume": volume, "members": len(members), "front": str(path)}
        if name in work.plan.optimizer.account:
            facts[name]["search"] = work.plan.optimizer.account[name]
        work.emit(FrontChanged(work.now(), name, volume, members, "final", list(front.limits)))
        if front.unmet:
            work.emit(Warned(work.now(), front.unmet))
        for told in (warning(front), lifeless(front)):
            if told is not None:
                work.emit(Warned(work.now(), told))
    draw(work.folder.at("front.png"), list(fronts.values()))
    return facts
