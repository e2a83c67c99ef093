"""The last phase: fronts on unseen data, their files, and the result."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from monas_core.events import FrontChanged, PhaseStarted, Warned
from monas_core.files import write_text
from monas_core.record import workload_store
from monas_core.record.frontfile import draw, write_front
from monas_core.running import finish as final
from monas_core.running.work import RunResult, Work

PHASE = "finish"
_UNIT = "architectures"


def finish(work: Work) -> RunResult:
    """Evaluate what the optimizer proposes and write fronts, picture, workloads and result."""
    work.emit(PhaseStarted(work.now(), PHASE, 0, _UNIT))
    mark = time.perf_counter()

    def progress(done: int, total: int) -> None:
        nonlocal mark
        if done == 0:
            work.emit(PhaseStarted(work.now(), PHASE, total, _UNIT))
        work.spend(PHASE, mark)
        mark = time.perf_counter()
        work.step_done(PHASE, done, done)

    def note(text: str) -> None:
        work.step_done(PHASE, 0, 0, note=text)

    documents = final.fronts(work.session, progress, note)
    facts = _write(work, documents)
    workload_store.keep(work.folder.path, work.session.context, work.session.evaluator.evaluated())
    work.spend(PHASE, mark)
    result = RunResult(work.folder.path, facts, {**work.session.seconds, "total": work.now()})
    write_text(work.folder.path / "result.json", json.dumps(result.to_json(), indent=1) + "\n")
    # after the result: a kill in between repeats this phase, it does not lose it
    work.session.phase = "done"
    work.save()
    return result


def _write(work: Work, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Front files and their picture; what the result says of each device."""
    facts: dict[str, dict[str, Any]] = {}
    for name, document in documents.items():
        path = write_front(work.folder.path / "front", document)
        volume, members = document["hypervolume"], document["members"]
        facts[name] = {"hypervolume": volume, "members": len(members), "front": str(path)}
        said = document.get("limits", [])
        work.emit(FrontChanged(work.now(), name, volume, members, "final", said))
        if document.get("unmet"):
            work.emit(Warned(work.now(), document["unmet"]))
    draw(work.folder.path / "front.png", list(documents.values()))
    return facts
