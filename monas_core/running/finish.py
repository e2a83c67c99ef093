"""The last phase: evaluate what an optimizer proposes on data no search step has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from monas_core.parts.device import Device
from monas_core.parts.objective import sign
from monas_core.problem import yardstick
from monas_core.problem.feasibility import (
    CAUTION,
    account,
    admitted,
    met,
    total_misses,
    unmet,
)
from monas_core.record.frontfile import front_of
from monas_core.running.capacity import marked
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale, non_dominated
from monas_core.values.member import Front
from monas_core.values.wish import Wish, wishes

Progress = Callable[[int, int], None]
"""Told how many of how many architectures are evaluated."""
Note = Callable[[str], None]
"""Told what is being done."""

_AT_ONCE = 4
"""Evaluations for each of several processes before a run may stop."""
MEASURINGS = 3
"""How often members of a measured front are measured again."""


def proposals(session: Session, note: Note) -> dict[str, list[Architecture]]:
    """Distinct architectures per device for the whole lattice of preferences."""
    found: dict[str, list[Architecture]] = {}
    for device in session.plan.all_devices:
        note(f"asking for {device.name}")
        answers = session.plan.optimizer.propose(device, wishes_for(session, device))
        found[device.name] = list(dict.fromkeys(answers))
    return found


def wishes_for(session: Session, device: Device) -> list[Wish]:
    """The lattice of preferences under the limits of a device.

    Where costs will be measured, it is asked for a second time with limits tightened: of
    those that come close to a limit by prediction, some will miss it.
    """
    limits = session.problem.limits_on(device)
    asked = wishes(session.plan.preferences, limits)
    costs = {o.short for o in session.plan.objectives if o.device_metric is not None}
    if device.profile.origin == "measured" and any(c.objective in costs for c in limits):
        kept_off = [c.tightened(CAUTION) if c.objective in costs else c for c in limits]
        asked += wishes(session.plan.preferences, kept_off)
    return asked


def evaluate_quality(
    session: Session, architectures: Sequence[Architecture], progress: Progress, total: int
) -> None:
    """Queried objectives of every proposal on the final split, of ``total`` pieces of work.

    One by one; as many at a time as keep several processes busy.
    """
    shared = [o for o in session.plan.objectives if o.device_metric is None]
    at_once = _AT_ONCE * count if (count := session.plan.ranks.count) > 1 else 1
    for number in range(0, len(architectures), at_once):
        progress(number, total)
        for objective in shared:
            some = architectures[number : number + at_once]
            session.evaluator.values(objective, some, None, "final")
    progress(len(architectures), total)


def candidates(
    session: Session, device: Device, own: Sequence[Architecture], everyone: Sequence[Architecture]
) -> list[Architecture]:
    """Own proposals, and others' whose estimates no other candidate dominates here.

    A quality evaluated for one device is known for all, so architectures found
    for other devices compete too; only promising ones are worth a measurement.
    Who misses a limit of the device does not compete.
    """
    columns: list[list[float]] = []
    for objective in session.plan.objectives:
        if objective.device_metric is None:
            found = session.evaluator.values(objective, everyone, None, "final")
        else:
            found = session.evaluator.estimates(objective, everyone, device)
        columns.append([sign(objective) * value.value for value in found])
    points = np.array(columns).T
    limits = session.problem.limits_on(device)
    allowed = admitted(total_misses(session.plan.objectives, limits, points))
    kept = allowed[non_dominated(points[allowed])]
    return list(dict.fromkeys([*own, *(everyone[index] for index in kept)]))


def predicted(
    session: Session, device: Device, architectures: Sequence[Architecture]
) -> list[dict[str, float]]:
    """What the optimizer expects on final data, by short name of objective."""
    shift = _split_shift(session)
    return [
        {name: number + shift.get(name, 0.0) for name, number in prediction.items()}
        for prediction in session.plan.optimizer.predict(device, architectures)
    ]


def _split_shift(session: Session) -> dict[str, float]:
    """How much queried objectives differ between final and search data, on reference networks.

    Predictors are fitted on search data, and some text is harder than other; the two
    ends of the space, evaluated on both, say by how much.
    """
    ends = yardstick.reference_sample(session.plan.space)[:2]
    shift: dict[str, float] = {}
    for objective in session.plan.objectives:
        if objective.query:
            final, search = (
                sum(v.value for v in session.evaluator.values(objective, ends, None, split))
                for split in ("final", "search")
            )
            shift[objective.short] = (final - search) / len(ends)
    return shift


def device_front(
    session: Session, device: Device, architectures: Sequence[Architecture], scale: Scale
) -> Front:
    """Front of one device from complete evaluations."""
    if device.profile.origin == "measured":
        _settle(session, device, architectures)
    evaluations = session.evaluator.evaluate(architectures, device, "final")
    limits = session.problem.limits_on(device)
    within = met(evaluations, limits)
    front = front_of(
        session.plan.space.name,
        device.name,
        session.plan.objectives,
        [evaluations[index] for index in within],
        scale,
        predicted(session, device, [architectures[index] for index in within]),
        held_out=device in session.plan.held_out,
    )
    if limits:
        signs = np.array([sign(objective) for objective in session.plan.objectives])
        points = np.array([[v.value for v in e.values.values()] for e in evaluations]) * signs
        told = account(session.plan.objectives, limits, device.name, points)
        missed = "" if within else unmet(evaluations, limits, device.name)
        return attrs.evolve(front, limits=tuple(told), unmet=missed)
    return front


def _settle(session: Session, device: Device, architectures: Sequence[Architecture]) -> None:
    """Measure members of the front again until it consists of such alone.

    Of many architectures measured once, the front keeps the lucky ones, and a limit
    that only they meet is met by none.
    """
    signs = np.array([sign(objective) for objective in session.plan.objectives])
    limits = session.problem.limits_on(device)
    settled: set[Architecture] = set()
    while True:
        evaluations = session.evaluator.evaluate(architectures, device, "final")
        points = np.array([[v.value for v in e.values.values()] for e in evaluations]) * signs
        allowed = admitted(total_misses(session.plan.objectives, limits, points))
        kept = np.sort(allowed[non_dominated(points[allowed])])
        front = [architectures[index] for index in kept]
        lucky = [a for a in front if a not in settled]
        if not lucky:
            return
        session.evaluator.renew(lucky, device, "final", MEASURINGS)
        settled.update(lucky)


def fronts(session: Session, progress: Progress, note: Note) -> Mapping[str, Front]:
    """Fronts of every device, search devices first."""
    proposed = proposals(session, note)
    everyone = list(dict.fromkeys(a for found in proposed.values() for a in found))
    total = len(everyone) + len(session.plan.all_devices)
    evaluate_quality(session, everyone, progress, total)
    scales = yardstick.scales(session.evaluator, session.plan.all_devices, "final")
    found: dict[str, Front] = {}
    for number, device in enumerate(session.plan.all_devices, start=1):
        note(f"evaluating on {device.name}")
        pool = candidates(session, device, proposed[device.name], everyone)
        front = device_front(session, device, pool, scales[device.name])
        members = marked(front.members, device, session.context)
        found[device.name] = attrs.evolve(front, members=tuple(members))
        progress(len(everyone) + number, total)
    return found
