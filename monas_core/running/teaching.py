"""The phase before the supernet's training: the run gets its teacher, which it may train first."""

from __future__ import annotations

import attrs
from torch import nn

from monas_core.errors import Interrupted
from monas_core.events import Bus, Event, PhaseStarted, StepFinished
from monas_core.parts.context import Context
from monas_core.running.plan import Plan
from monas_core.running.teachers import TeacherOfRun
from monas_core.running.work import Work
from monas_core.train.folder import TrainedFolder
from monas_core.train.loop import train
from monas_core.train.settings import TrainSettings
from monas_core.values.budget import Budget

PHASE = "teacher"


def teach(work: Work) -> None:
    """Train the teacher where the run has to, and keep it in the run's folder."""
    teacher, run = work.plan.teacher, work.folder.path
    if teacher is not None:
        teacher.keep(run, _trained(work, teacher) if teacher.trained else None)
    work.session.phase = "warm-up"
    work.save()


def lesson(plan: Plan) -> TrainSettings:
    """How the run trains its teacher."""
    steps = plan.config.teacher.steps or max(1, plan.warm_up.steps // 2)
    return TrainSettings.recommended(
        plan.warm_up, budget=Budget(steps, "steps"), from_scratch=True, seed=plan.config.seed
    )


def _trained(work: Work, teacher: TeacherOfRun) -> nn.Module:
    """The largest network after its own training, which has checkpoints of its own."""
    plan, settings = work.plan, lesson(work.plan)
    work.emit(PhaseStarted(work.now(), PHASE, settings.budget.amount, "steps"))
    context = Context(plan.space, teacher.task, torch_device=plan.torch_device)
    largest, folder = plan.space.ends().largest, work.folder.at(PHASE)
    bus, mark = Bus(), work.clock()
    bus.attach(lambda event: _hear(work, event))
    try:
        train(context, folder, largest, settings, bus=bus, control=work.control)
    except Interrupted:
        work.spend(PHASE, mark)
        work.step_done(PHASE, 0, 0)  # which stops as a run does
        raise
    work.spend(PHASE, mark)
    network = plan.space.build(largest, plan.task)
    TrainedFolder.of(folder, largest).load_into(network)
    return network


def _hear(work: Work, event: Event) -> None:
    if isinstance(event, StepFinished):
        work.emit(attrs.evolve(event, time=work.now(), phase=PHASE))
