"""Which members of the fronts are trained alone, and the fronts judged by what they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np

from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.feasibility import met
from monas_core.record.frontfile import front_of, member_of
from monas_core.running.capacity import marked
from monas_core.running.finish import MEASURINGS, predicted
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.front import Scale
from monas_core.values.member import Front, Member, Retrained
from monas_core.values.reading import finite_number
from monas_core.values.value import Evaluation

Reached = Mapping[str, Mapping[str, float]]
"""Values after training alone, by key of the architecture and short name of objective."""


def chosen(fronts: Sequence[Front], most: int) -> list[Member]:
    """Distinct members of several fronts, at most ``most``, taken in turns.

    Each front gives its ends first and then always the middle of its widest gap, so that
    however few there are, the whole front is stood for.
    """
    waiting = [
        iter([front.members[i] for i in spread_order(len(front.members))]) for front in fronts
    ]
    found: dict[str, Member] = {}
    while waiting and len(found) < most:
        for turn in list(waiting):
            member = next((m for m in turn if m.key not in found), None)
            if member is None:
                waiting.remove(turn)
            elif len(found) < most:
                found[member.key] = member
    return list(found.values())


def spread_order(count: int) -> list[int]:
    """Positions 0 to ``count - 1``: both ends, then always the middle of the widest gap."""
    order = list(dict.fromkeys([0, count - 1])) if count else []
    while len(order) < count:
        known = sorted(order)
        gaps = [(right - left, -left) for left, right in pairwise(known)]
        width, left = max(gaps)
        order.append(-left + width // 2)
    return order


def reached(objectives: Sequence[Objective], after: Any) -> dict[str, float] | None:
    """What training changed, by short name of objective; ``None`` where it came to nothing.

    Args:
        objectives: Of the run.
        after: Scores by name.
    """
    scores: Mapping[str, Any] = after if isinstance(after, Mapping) else {}
    found = {o.short: scores.get(o.score) for o in objectives if o.score is not None}
    if not all(map(finite_number, found.values())):
        return None
    return {short: float(value) for short, value in found.items() if value is not None}


def judged(session: Session, front: Front, found: Reached, pool: Sequence[Architecture]) -> Front:
    """A front with what its members reached, and judged anew among all that were retrained.

    Args:
        session: Of the run.
        front: By inherited quality.
        found: What each architecture of ``pool`` reached.
        pool: Retrained for whichever device.
    """
    device = next(d for d in session.plan.all_devices if d.name == front.device)
    members = tuple(attrs.evolve(m, retrained=found.get(m.key, {})) for m in front.members)
    own = {member.key: member for member in members if member.key in found}
    others = _others(session, device, found, [a for a in pool if a.key not in own])
    every = own | {member.key: member for member in others}
    evaluations = session.evaluator.evaluate(pool, device, "final")
    limits = session.problem.limits_on(device)
    trained = [e.changed(found[e.architecture.key]) for e in evaluations]
    within = [trained[index] for index in met(trained, limits)]
    scale = reached_scale(front, session.plan.objectives, found)
    anew = _front(session, front, within, scale)
    kept = [e for e in within if e.architecture.key in own]
    inherited = _front(session, front, kept, scale)
    result = Retrained(
        budget=str(session.plan.config.retrain.budget),
        hypervolume=anew.hypervolume,
        inherited_hypervolume=inherited.hypervolume,
        rank_correlation=_correlations(list(own.values())),
        members=tuple(every[member.key] for member in anew.members),
    )
    return attrs.evolve(front, members=members, retrained=result)


def with_scores(front: Front, scores: Mapping[str, Any], name: str) -> Front:
    """A front whose objectives only stand in for a score, with the score its members reached.

    Args:
        front: Of the run.
        scores: What a task says of networks trained alone, by key.
        name: Of the score.
    """

    def told(member: Member) -> Member:
        own = scores.get(member.key)
        value = own.get(name) if isinstance(own, Mapping) else None
        if value is None or not finite_number(value):
            return member
        return attrs.evolve(member, extra={**member.extra, f"trained {name}": float(value)})

    return attrs.evolve(front, members=tuple(map(told, front.members)))


def _others(
    session: Session, device: Device, found: Reached, architectures: Sequence[Architecture]
) -> list[Member]:
    """Architectures that were retrained for other devices, as members on this one."""
    if device.profile.origin == "measured" and architectures:
        # as for members of its own front: of many measured once some are lucky
        session.evaluator.renew(architectures, device, "final", MEASURINGS)
    evaluations = session.evaluator.evaluate(architectures, device, "final")
    expected = predicted(session, device, architectures) if architectures else []
    members = [member_of(e, p) for e, p in zip(evaluations, expected, strict=True)]
    return [
        attrs.evolve(member, retrained=found[member.key])
        for member in marked(members, device, session.context)
    ]


def _front(
    session: Session, front: Front, evaluations: Sequence[Evaluation], scale: Scale
) -> Front:
    objectives = session.plan.objectives
    unknown: list[Mapping[str, float]] = [{} for _ in evaluations]
    return front_of(
        front.space, front.device, objectives, evaluations, scale, unknown, held_out=front.held_out
    )


def reached_scale(front: Front, objectives: Sequence[Objective], found: Reached) -> Scale:
    """Costs on the front's own scale; what training changed, between the worst and best reached.

    Inherited quality of the space's ends says nothing of how far training alone gets: on that
    scale volumes of 4.8 boxes were seen.
    """
    signs = np.array([sign(objective) for objective in objectives])
    low = np.array(front.ideal_point) * signs
    usual = Scale([0.0], [1.0]).reference
    high = low + (np.array(front.reference_point) * signs - low) / usual
    for column, objective in enumerate(objectives):
        values = [
            signs[column] * r[objective.short] for r in found.values() if objective.short in r
        ]
        if values:
            low[column], high[column] = min(values), max(values)
    return Scale(low.tolist(), high.tolist())


def _correlations(members: Sequence[Member]) -> dict[str, float]:
    """Spearman's rank correlation of inherited and retrained values, by objective."""
    from scipy.stats import spearmanr  # a second to import, for runs that retrain alone

    found: dict[str, float] = {}
    for name in members[0].retrained if members else ():
        pairs = [(member.values[name], member.retrained[name]) for member in members]
        if all(len(set(column)) > 1 for column in zip(*pairs, strict=True)):
            statistic: Any = spearmanr(*zip(*pairs, strict=True)).statistic  # pyright: ignore
            found[name] = float(statistic)
    return found
