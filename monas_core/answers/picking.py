"""From a wish to one architecture: the optimizer's answers against the stored fronts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import attrs
import numpy as np

from monas_core.answers.targets import Target
from monas_core.answers.verification import Verification
from monas_core.parts.objective import Objective
from monas_core.problem.feasibility import CAUTION, cautious, feasible
from monas_core.problem.selection import comparable, scalarised
from monas_core.record.frontfile import member_of
from monas_core.running.absent import Absent
from monas_core.running.capacity import excess
from monas_core.running.finish import predicted
from monas_core.running.remembered import RememberedTask
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint, holding
from monas_core.values.front import Points, Scale
from monas_core.values.member import Front, Member
from monas_core.values.preference import Preference
from monas_core.values.value import Evaluation, Value
from monas_core.values.wish import wishes


class Picker:
    """Answers wishes with limits on one device.

    Args:
        session: Of a finished run.
        fronts: Stored fronts of the devices whose members compete.
        target: What is picked for.
    """

    def __init__(self, session: Session, fronts: Sequence[Front], target: Target) -> None:
        self.session = session
        self.target = target
        self._objectives = session.plan.objectives
        self._names = [objective.short for objective in self._objectives]
        self._costs = {o.short for o in self._objectives if o.device_metric is not None}
        self._members = [
            member
            for front in fronts
            for member in (*front.members, *(front.retrained.members if front.retrained else ()))
        ]
        self._retrained = {m.key: m.retrained for m in self._members if m.retrained}
        own = [front for front in fronts if front.device == target.device.name]
        self._own_front = own[0] if own else None

    def pick(self, preference: Preference, limits: Sequence[Constraint], *, verify: bool) -> Member:
        """The best architecture, by the wish, that meets the limits.

        The stored fronts compete, so the answer is never worse than the best of their
        members. Without limits one architecture is asked of the optimizer, with limits
        one for every preference of the run's lattice. Predicted costs keep off a limit a little.
        What was retrained is judged by what it reaches: loading it gives those weights.

        Raises:
            UsageError: No known architecture meets the limits.
        """
        preferences = [preference, *(self.session.plan.preferences if limits else ())]
        asked = wishes(preferences, self._kept_off(limits))
        plan = self.session.plan  # without data nothing new can be judged
        alone = isinstance(plan.task, RememberedTask) or isinstance(plan.optimizer, Absent)
        proposed = [] if alone else plan.optimizer.propose(self.target.device, asked)
        pool = list(dict.fromkeys([*proposed, *self._stored]))
        known = {evaluation.architecture: evaluation for evaluation in self._judged(pool)}
        evaluations = [e.changed(self._retrained.get(a.key, {})) for a, e in known.items()]
        met = feasible(evaluations, limits, self.target.device.name)
        met = cautious(evaluations, [c for c in limits if c.objective in self._costs], met)
        met = self._fitting(evaluations, met)
        points = self._points(e.values for e in evaluations)
        losses = scalarised(self._scale(points).apply(points), np.array([preference.vector]))[0]
        ranked = [evaluations[i] for i in sorted(met, key=losses.__getitem__)]
        chosen = self._chosen(ranked, limits, verify=verify)
        expected = predicted(self.session, self.target.device, [chosen.architecture])[0]
        answer = self._answer(chosen, known[chosen.architecture], expected)
        wish = preference.to_json()
        return attrs.evolve(answer, device=self.target.device.name, preference=wish)

    def stored(self, preference: Preference) -> Member:
        """The member of the device's own front that a wish singles out; nothing is judged anew.

        Limits of the run leave those that meet them, where any does. The front must have members.
        """
        front = self._own_front
        assert front is not None
        limits = holding(self.session.plan.limits, front.device)
        met = [
            m for m in front.members if not any(c.violation(m.reached[c.objective]) for c in limits)
        ]
        members = met or front.members
        points = comparable(
            self._objectives, [[m.reached[n] for n in self._names] for m in members]
        )
        losses = scalarised(self._scale(points).apply(points), np.array([preference.vector]))[0]
        chosen = members[int(losses.argmin())]
        return attrs.evolve(chosen, device=front.device, preference=preference.to_json())

    def _answer(
        self, chosen: Evaluation, known: Evaluation, expected: Mapping[str, float]
    ) -> Member:
        """With inherited and retrained values beside each other."""
        trained = self._retrained.get(chosen.architecture.key, {})
        inherited = chosen.changed({name: known.values[name].value for name in trained})
        member = attrs.evolve(member_of(inherited, expected), retrained=trained)
        return attrs.evolve(member, exceeds_memory=self._excess([chosen.architecture])[0] or {})

    def _kept_off(self, limits: Sequence[Constraint]) -> list[Constraint]:
        """Limits as they are asked for: predicted costs, and measured ones, often err a little."""
        exact = self.target.device.profile.origin != "measured" and not self.target.zero_shot
        return [
            c if exact or c.objective not in self._costs else c.tightened(CAUTION) for c in limits
        ]

    def _fitting(self, evaluations: Sequence[Evaluation], met: Sequence[int]) -> list[int]:
        """Those of ``met`` that fit into the device's memory; all, to be marked, if none does."""
        asked = [evaluations[i].architecture for i in met]
        over = self._excess(asked)
        return [i for i, o in zip(met, over, strict=True) if o is None] or list(met)

    def _excess(self, asked: Sequence[Architecture]) -> list[Mapping[str, float] | None]:
        """As ``excess``; what the front says where a part of the search is not there."""
        if not isinstance(self.session.plan.optimizer, Absent):
            return list(excess(self.target.device, asked, self.session.context))
        told = {member.key: member.exceeds_memory for member in self._members}
        return [told.get(architecture.key) or None for architecture in asked]

    def _chosen(
        self, ranked: Sequence[Evaluation], limits: Sequence[Constraint], *, verify: bool
    ) -> Evaluation:
        """The best; measured again if that is asked for, or where a limit is on a measured cost.

        One measurement of many is low by luck; near a limit that one would be chosen.
        """
        limited = any(c.objective in self._costs for c in limits)
        again = limited and self.target.measurable and not self.target.zero_shot
        if not (again or verify):
            return ranked[0]
        return Verification(self.session, self.target, self._retrained).confirmed(ranked, limits)

    # -- values -----------------------------------------------------------------------

    @cached_property
    def _stored(self) -> list[Architecture]:
        choices = self.session.plan.space.choices
        return list(dict.fromkeys(choices.from_json(m.architecture) for m in self._members))

    def _judged(self, pool: Sequence[Architecture]) -> list[Evaluation]:
        """Well-founded values; predicted ones of what was never evaluated, for a zero-shot."""
        if not self.target.zero_shot:
            return self.session.evaluator.evaluate(pool, self.target.device, "final")
        expected = predicted(self.session, self.target.device, pool)
        table = {o.short: self._zero_shot(o, pool, expected) for o in self._objectives}
        name = self.target.device.name
        return [
            Evaluation(a, name, {n: found[i] for n, found in table.items()}, "final")
            for i, a in enumerate(pool)
        ]

    def _zero_shot(
        self,
        objective: Objective,
        pool: Sequence[Architecture],
        expected: Sequence[Mapping[str, float]],
    ) -> list[Value]:
        device, evaluator = self.target.device, self.session.evaluator
        short = objective.short
        if objective.device_metric is not None:
            if any(short not in prediction for prediction in expected):  # no model of its own
                return evaluator.estimates(objective, pool, device)
            return [Value(p[short], objective.unit, "predicted") for p in expected]
        if not objective.query or any(short not in prediction for prediction in expected):
            return evaluator.values(objective, pool, None, "final")
        known = self._known_quality(objective)
        return [
            known.get(a) or Value(p[short], objective.unit, "predicted")
            for a, p in zip(pool, expected, strict=True)
        ]

    def _known_quality(self, objective: Objective) -> dict[Architecture, Value]:
        """Of the stored members: they are evaluated, and quality is the same on every device."""
        found = self.session.evaluator.values(objective, self._stored, None, "final")
        return dict(zip(self._stored, found, strict=True))

    def _points(self, table: Iterable[Mapping[str, Value]]) -> Points:
        rows = ([values[name].value for name in self._names] for values in table)
        return comparable(self._objectives, rows)

    def _scale(self, points: Points) -> Scale:
        """From the ideal to the worst of the device's front, or of everything known there."""
        if self._own_front is None or not self._own_front.members:
            return Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist())
        members = [[m.reached[n] for n in self._names] for m in self._own_front.members]
        known = comparable(self._objectives, members)
        ideal = comparable(self._objectives, [self._own_front.ideal_point])[0]
        return Scale(np.minimum(ideal, known.min(axis=0)).tolist(), known.max(axis=0).tolist())
