"""The first phase: the supernet is trained."""

from __future__ import annotations

import time

from monas_core.events import PhaseStarted
from monas_core.running.work import Work

PHASE = "warm-up"


def warm_up(work: Work) -> None:
    """Train for the planned steps, from where the trainer stands."""
    trainer, plan = work.session.trainer, work.plan
    total = trainer.steps
    work.emit(PhaseStarted(work.now(), PHASE, total, "steps"))
    per_step = plan.warm_up.batch_size * plan.task.items_per_sample
    while trainer.done < total:
        begin = time.perf_counter()
        report = trainer.step()
        lessons = work.session.loss_lessons
        losses = {**report.losses, **(lessons.follow(trainer.done) if lessons else {})}
        spent = work.spend(PHASE, begin)
        rates = {"steps/s": 1 / spent, f"{plan.task.item}s/s": per_step / spent}
        work.step_done(PHASE, trainer.done, trainer.done, losses, rates, report.stage)
    work.session.phase = "search"
    work.save()
