"""The second phase: the optimizer takes steps until the budget is spent."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from monas_core.events import PhaseStarted
from monas_core.problem import yardstick
from monas_core.problem.optimizer import StepReport
from monas_core.problem.patience import Patience
from monas_core.running.lending import leave
from monas_core.running.live_front import LiveFront, points_added
from monas_core.running.work import Work
from monas_core.train.steadiness import Words

PHASE = "search"
_FRONT_EVERY_S = 4.0
_STATE_EVERY = 25
"""Steps between states that a search goes back to."""
_WORDS = Words(
    "The search",
    "start a new run with smaller learning rates, or with another optimizer",
)


def search(work: Work) -> None:
    """Take steps until the budget is spent or the optimizer has finished."""
    session, meter = work.session, work.session.meter
    budget = work.plan.config.budget
    work.emit(PhaseStarted(work.now(), PHASE, budget.amount, budget.unit))
    fronts = _prepare(work)
    patience = Patience(f'Optimizer "{work.plan.config.optimizer}"', session.problem)
    finished, shown_at = False, 0.0
    steady = work.steady(_STATE_EVERY, _WORDS)
    while (meter.fraction < 1 and not finished) or not steady.confirmed():
        begin = work.clock()
        report = steady.attempt(lambda: _step(work), attrgetter("losses"))
        spent = work.spend(PHASE, begin)
        meter.seconds += spent
        if report is None:
            continue
        if report.warning:
            work.warn(report.warning)
        finished = report.finished
        if not finished:
            patience.step_taken()
        rates = {"steps/s": 1 / spent, "evaluations": float(meter.evaluations)}
        if work.control.stopping or work.clock() - shown_at > _FRONT_EVERY_S:
            shown_at = _show_fronts(work, fronts)
        work.step_done(PHASE, meter.spent, meter.steps, report.losses, rates, report.phase)
    _show_fronts(work, fronts, anyway=True)
    work.steadiness = None
    leave(session, work.folder)
    session.phase = "finish"
    work.save()


def _step(work: Work) -> StepReport:
    report = work.plan.optimizer.step()
    work.session.meter.steps += 1
    return report


def _prepare(work: Work) -> Sequence[LiveFront]:
    """What comes before the first step: devices measured, scales fixed; with signs of life."""
    session, meter = work.session, work.session.meter
    for device in work.plan.devices:
        work.step_done(PHASE, meter.spent, meter.steps, note=f"measuring {device.name}")
        session.problem.embed([device])
    scales = yardstick.scales(session.evaluator, work.plan.devices, "search")
    if not session.searching:
        session.start_optimizer()
    problem = session.problem
    return [LiveFront(problem, device, scales[device.name]) for device in work.plan.devices]


def _show_fronts(work: Work, fronts: Sequence[LiveFront], *, anyway: bool = False) -> float:
    """Tell of new evaluations and of fronts that changed; when that was, by the run's clock.

    Of all fronts ``anyway``, with which the curves of a search end.
    """
    evaluator = work.session.evaluator
    fresh = evaluator.queried(work.told)
    work.told += len(fresh)
    for device, front in zip(work.plan.devices, fronts, strict=True):
        for event in points_added(work.now(), evaluator, device, fresh):
            work.emit(event)
        work.tell_front(front.changed(work.now()), anyway=anyway)
    return work.clock()
