"""The first phase: the supernet is trained."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from monas_core.events import PhaseStarted
from monas_core.parts.trainer import TrainingReport
from monas_core.running.crew import trained_together
from monas_core.running.work import Work
from monas_core.train.steadiness import Words, every

PHASE = "warm-up"
_WORDS = Words("The warm-up", "start a new run with a smaller warm_up.learning_rate")


def warm_up(work: Work) -> None:
    """Train for the planned steps, from where the trainer stands."""
    trainer, plan = work.session.trainer, work.plan
    total = trainer.steps
    work.emit(PhaseStarted(work.now(), PHASE, total, "steps"))
    per_step = plan.warm_up.batch_size * plan.task.items_per_sample
    steady = work.steady(every(total), _WORDS) if total else None
    while trainer.done < total or not (steady is None or steady.confirmed()):
        begin = work.clock()
        assert steady is not None  # as there are steps to take
        taken = steady.attempt(lambda: _step(work), itemgetter(1))
        spent = work.spend(PHASE, begin)
        if taken is None:
            continue
        report, losses = taken
        rates = {"steps/s": 1 / spent, f"{plan.task.item}s/s": per_step / spent}
        work.step_done(PHASE, trainer.done, trainer.done, losses, rates, report.stage)
    work.steadiness = None
    work.session.phase = "search"
    work.save()


def _step(work: Work) -> tuple[TrainingReport, Mapping[str, float]]:
    """One of the weights, in all processes, with the searched parameters of the loss following."""
    work.crew.step_together()
    found = trained_together(work.session)
    work.crew.stepped()
    return found
