"""The loop of a run: phases, budget, checkpoints, events. It knows no algorithm.

Training, searching and finishing are done by the parts it is given; screens
and logs hear of it through events alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from monas_core import events, state
from monas_core.errors import Interrupted
from monas_core.files import write_text
from monas_core.problem import yardstick
from monas_core.record import workload_store
from monas_core.record.archive import Archive
from monas_core.record.frontfile import draw, write_front
from monas_core.record.rundir import RunFolder
from monas_core.running import finish
from monas_core.running.control import Control
from monas_core.running.live_front import front_changed, points_added
from monas_core.running.memory import peak_mb
from monas_core.running.plan import Plan
from monas_core.running.session import PHASES, Session
from monas_core.values.front import Scale

_CHECKPOINT_EVERY_S = 20.0
_FRONT_EVERY_S = 4.0


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


def execute(plan: Plan, folder: RunFolder, bus: events.Bus, control: Control) -> RunResult:
    """Carry a plan out in its folder, from the latest checkpoint if there is one.

    Raises:
        Interrupted: ``control`` asked to stop; a checkpoint was saved.
    """
    if folder.finished:
        return stored_result(folder)
    with folder.locked():
        return _Engine(plan, folder, bus, control).run()


def stored_result(folder: RunFolder) -> RunResult:
    """What a finished run found."""
    document = folder.result()
    return RunResult(folder.path, document["devices"], document["seconds"])


class _Engine:
    def __init__(self, plan: Plan, folder: RunFolder, bus: events.Bus, control: Control) -> None:
        self.plan = plan
        self.folder = folder
        self.bus = bus
        self.control = control
        self.archive = Archive(folder.path / "archive.jsonl")
        self.session = Session(plan)
        self.saved_at = time.perf_counter()
        self.save_took = 0.0
        self.shown_at = 0.0
        self.clock = 0.0
        self.started = time.perf_counter()
        self.checkpoints = 0
        self.told = 0  # evaluated architectures that screens have heard of

    def now(self) -> float:
        """Seconds of work on this run, earlier parts included."""
        return self.clock + time.perf_counter() - self.started

    def run(self) -> RunResult:
        resumed = self._restore()
        self.bus.attach(self.folder.log, first=True)
        self.session.evaluator.listen(self.archive.add)
        self.bus.emit(self._opening(resumed=resumed))
        try:
            works = (self._warm_up, self._search, self._finish)
            for phase, work in zip(PHASES, works, strict=False):
                if self.session.phase == phase:
                    work()
            return stored_result(self.folder)
        except Interrupted as stop:
            self.bus.emit(
                events.RunFinished(self.now(), "interrupted", self.session.seconds, str(stop))
            )
            raise
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"
            self.bus.emit(events.RunFinished(self.now(), "failed", self.session.seconds, message))
            raise

    def _restore(self) -> bool:
        saved = self.folder.load_checkpoint()
        if saved is None:
            self.folder.cut_logs({"events.jsonl": 0, "archive.jsonl": 0})
            return False
        self.folder.cut_logs(saved["logs"])
        self.session.load_state_dict(saved["session"], self.archive)
        self.clock = saved["clock"]
        self.checkpoints = saved["number"] + 1
        self.told = saved["told"]
        return True

    def _opening(self, *, resumed: bool) -> events.RunStarted:
        plan = self.plan
        return events.RunStarted(
            time=self.now(),
            run=str(self.folder.path),
            space=plan.space.name,
            optimizer=plan.config.optimizer or "",
            task=plan.config.task or "",
            objectives=[
                {"name": o.short, "unit": o.unit, "direction": o.direction} for o in plan.objectives
            ],
            devices=[device.name for device in plan.devices],
            held_out=[device.name for device in plan.held_out],
            facts={
                **plan.summary(),
                "supernet weights": self.session.count_weights(),
                "conditions": {
                    choice.name: [choice.condition.choice, list(choice.condition.options)]
                    for choice in plan.space.choices.choices
                    if choice.condition is not None
                },
            },
            resumed=resumed,
        )

    def _warm_up(self) -> None:
        trainer, total = self.session.trainer, self.plan.warm_up.steps
        self.bus.emit(events.PhaseStarted(self.now(), "warm-up", total, "steps"))
        per_step = self.plan.warm_up.batch_size * self.plan.task.items_per_sample
        while trainer.done < total:
            begin = time.perf_counter()
            losses = trainer.step()
            spent = self._spend("warm-up", begin)
            rates = {"steps/s": 1 / spent, f"{self.plan.task.item}s/s": per_step / spent}
            self._step_done("warm-up", trainer.done, trainer.done, losses, rates)
        self.session.phase = "search"
        self._save()

    def _prepare_search(self) -> Mapping[str, Scale]:
        """What comes before the first step: devices measured, scales fixed; with signs of life."""
        session, meter = self.session, self.session.meter
        for device in self.plan.devices:
            self._step_done("search", meter.spent, meter.steps, {}, {}, f"measuring {device.name}")
            session.problem.embed([device])
        scales = yardstick.scales(session.evaluator, self.plan.devices, "search")
        if not session.searching:
            session.start_optimizer()
        return scales

    def _search(self) -> None:
        session, meter = self.session, self.session.meter
        budget = self.plan.config.budget
        self.bus.emit(events.PhaseStarted(self.now(), "search", budget.amount, budget.unit))
        scales = self._prepare_search()
        finished = False
        while meter.fraction < 1 and not finished:
            begin = time.perf_counter()
            report = self.plan.optimizer.step()
            spent = self._spend("search", begin)
            meter.seconds += spent
            meter.steps += 1
            finished = report.finished
            rates = {"steps/s": 1 / spent, "evaluations": float(meter.evaluations)}
            if time.perf_counter() - self.shown_at > _FRONT_EVERY_S:
                self._show_fronts(scales)
            self._step_done("search", meter.spent, meter.steps, report.losses, rates, report.phase)
        self._show_fronts(scales)
        session.phase = "finish"
        self._save()

    def _show_fronts(self, scales: Mapping[str, Scale]) -> None:
        evaluator = self.session.evaluator
        fresh = evaluator.queried()[self.told :]
        self.told += len(fresh)
        for device in self.plan.devices:
            for event in points_added(self.now(), evaluator, device, fresh):
                self.bus.emit(event)
            self.bus.emit(front_changed(self.now(), evaluator, device, scales))
        self.shown_at = time.perf_counter()

    def _finish(self) -> None:
        self.bus.emit(events.PhaseStarted(self.now(), "finish", 0, "architectures"))
        self.phase_mark = time.perf_counter()

        def progress(done: int, total: int) -> None:
            if done == 0:
                self.bus.emit(events.PhaseStarted(self.now(), "finish", total, "architectures"))
            self.phase_mark = self._mark("finish", self.phase_mark)
            self._step_done("finish", done, done, {}, {})

        def note(text: str) -> None:
            self._step_done("finish", 0, 0, {}, {}, text)

        documents = finish.fronts(self.session, progress, note)
        facts: dict[str, Any] = {}
        for name, document in documents.items():
            path = write_front(self.folder.path / "front", document)
            facts[name] = {
                "hypervolume": document["hypervolume"],
                "members": len(document["members"]),
                "front": str(path),
            }
            self.bus.emit(
                events.FrontChanged(
                    self.now(), name, document["hypervolume"], document["members"], "final"
                )
            )
        draw(self.folder.path / "front.png", list(documents.values()))
        known = self.session.evaluator.evaluated()
        workload_store.keep(self.folder.path, self.session.context, known)
        self._mark("finish", self.phase_mark)
        result = RunResult(self.folder.path, facts, self._seconds())
        write_text(self.folder.path / "result.json", json.dumps(result.to_json(), indent=1) + "\n")
        # after the result: a kill in between repeats this phase, it does not lose it
        self.session.phase = "done"
        self._save()
        self.bus.emit(events.RunFinished(self.now(), "done", result.seconds))

    def _seconds(self) -> dict[str, float]:
        return {**self.session.seconds, "total": self.now()}

    def _spend(self, phase: str, begin: float) -> float:
        spent = max(1e-9, time.perf_counter() - begin)
        self.session.seconds[phase] += spent
        return spent

    def _mark(self, phase: str, begin: float) -> float:
        self._spend(phase, begin)
        return time.perf_counter()

    def _step_done(
        self,
        phase: str,
        done: float,
        step: int,
        losses: Mapping[str, float],
        rates: Mapping[str, float],
        note: str = "",
    ) -> None:
        """Tell, save now and then, and stop here if asked to."""
        self.bus.emit(
            events.StepFinished(self.now(), phase, done, step, losses, rates, note, peak_mb())
        )
        if self.control.stopping:
            self._save()
            raise Interrupted(
                f"stopped during {phase}; go on with: monas run --resume {self.folder.path}"
            )
        if time.perf_counter() - self.saved_at > max(_CHECKPOINT_EVERY_S, 20 * self.save_took):
            self._save()

    def _save(self) -> None:
        begin = time.perf_counter()
        path = self.folder.new_checkpoint(self.checkpoints)
        state.save(
            path,
            {
                "session": self.session.state_dict(),
                "clock": self.now(),
                "number": self.checkpoints,
                "told": self.told,
                "logs": self.folder.log_sizes(),
            },
        )
        self.checkpoints += 1
        self.folder.prune_checkpoints()
        self.saved_at = time.perf_counter()
        self.save_took = self.saved_at - begin
        self.bus.emit(events.CheckpointSaved(self.now(), str(path)))
