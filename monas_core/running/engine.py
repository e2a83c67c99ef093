"""The loop of a run: one phase after the other, from where it stands. It knows no algorithm.

Training, searching and finishing are done by the parts it is given, each phase in a
module of its own; screens and logs hear of it through events alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monas_core import events
from monas_core.catalog import overdue
from monas_core.catalog.blame import guilty_named
from monas_core.record import surroundings, usage_file
from monas_core.record.frontfile import view_of
from monas_core.record.rundir import RunFolder
from monas_core.record.soundness import front_fault
from monas_core.running.control import Control
from monas_core.running.finishing import conclude, finish
from monas_core.running.plan import Plan
from monas_core.running.remembered import begin
from monas_core.running.retraining import retrain
from monas_core.running.searching import search
from monas_core.running.session import PHASES
from monas_core.running.teaching import teach
from monas_core.running.warming import warm_up
from monas_core.running.work import RunResult, Work

_PHASES: Mapping[str, Callable[[Work], None]] = dict(
    zip(PHASES, (teach, warm_up, search, finish, retrain, conclude), strict=True)
)


def execute(plan: Plan, folder: RunFolder, bus: events.Bus, control: Control) -> RunResult:
    """Carry a plan out in its folder, from the latest checkpoint if there is one.

    Raises:
        Interrupted: ``control`` asked to stop; a checkpoint was saved.
        UsageError: Another process works on it, or what it did before is damaged.
    """
    if folder.finished and _has_fronts(plan, folder):
        return stored_result(folder)
    with folder.locked() as caution:
        usage_file.keep(folder.path, plan.task.usage())
        work = Work(plan, folder, bus, control)
        if caution:
            work.journal.warn(caution)
        _carry_out(work)
    return stored_result(folder)


def stored_result(folder: RunFolder) -> RunResult:
    """What a finished run found."""
    document = folder.result()
    return RunResult(
        folder.path, document["devices"], document["seconds"], document.get("data", {})
    )


def _has_fronts(plan: Plan, folder: RunFolder) -> bool:
    return not any(front_fault(folder, device.name) for device in plan.all_devices)


def _carry_out(work: Work) -> None:
    resumed = work.restore()
    if resumed and (changed := surroundings.differences(work.folder.at(surroundings.FILE))):
        told = "; ".join(changed)
        work.journal.warn(f"Not as when the run began: {told}. Numbers may differ in rounding.")
    if work.folder.finished:
        work.folder.reopen()
    if not resumed:
        begin(work.folder.path, work.plan)
    if work.session.phase in ("retrain", "done") and not _has_fronts(work.plan, work.folder):
        work.session.phase = "finish"  # they were removed or damaged; nothing is evaluated twice
        for device in work.plan.all_devices:
            if fault := front_fault(work.folder, device.name):
                work.journal.warn(f"{fault.rstrip('.')}; it is made again.")
    with work.journal.recording(
        lambda: _opening(work, resumed=resumed), lambda: work.session.seconds
    ):
        for note in (*work.plan.task.record().notes, *work.plan.notes):
            work.journal.warn(note)
        with guilty_named(), overdue.told(work.warn) as heard, work.journal.attached(heard):
            for phase, carry_out in _PHASES.items():
                if work.session.phase == phase:
                    carry_out(work)


def _opening(work: Work, *, resumed: bool) -> events.RunStarted:
    plan = work.plan
    return events.RunStarted(
        time=work.now(),
        run=str(work.folder.path),
        space=plan.space.name,
        optimizer=plan.config.optimizer or "",
        task=plan.config.task or "",
        objectives=[view_of(objective).to_json() for objective in plan.objectives],
        devices=[device.name for device in plan.devices],
        held_out=[device.name for device in plan.held_out],
        facts={
            **plan.summary(),
            "supernet weights": work.session.count_weights(),
            "conditions": plan.space.choices.conditions,
        },
        resumed=resumed,
    )
