"""Measuring an answer again before it is given, where this machine can."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from monas_core.answers.targets import Target
from monas_core.problem.evaluator import Evaluator
from monas_core.running.session import Session
from monas_core.values.architecture import Architecture
from monas_core.values.constraint import Constraint
from monas_core.values.value import Evaluation

_TRIES = 6
"""Architectures that are measured until one meets the limits again."""
_TIMES = 3
"""Measurings of each; the middle one counts."""


class Verification:
    """Measures architectures on a target as they run now.

    Args:
        session: Of a finished run.
        target: What can be measured.
        retrained: Values that count instead of inherited ones, by key and objective.

    Raises:
        UsageError: This machine cannot measure it.
    """

    def __init__(
        self,
        session: Session,
        target: Target,
        retrained: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        objectives = session.plan.objectives
        self._session = session
        self._retrained = retrained or {}
        self._name = target.device.name
        self._device = target.remeasure()
        self._fresh = Evaluator(session.context, objectives, session.meter)
        self._costs = {o.short for o in objectives if o.device_metric is not None}

    def confirmed(self, ranked: Sequence[Evaluation], limits: Sequence[Constraint]) -> Evaluation:
        """The first that meets the limits when it is measured, or the one that comes nearest.

        A machine may be slower today than when its values were taken. Every measurement tells
        by how much, and who would miss a limit at that pace is passed over.

        Args:
            ranked: Candidates that met the limits so far, best first, at least one.
            limits: On objectives, by short name.
        """
        found: list[tuple[Evaluation, Evaluation]] = []  # as known, as measured
        pace: dict[str, float] = {}
        for candidate in ranked:
            if _miss(candidate, limits, pace):
                continue
            measured = self.measured(candidate.architecture)
            if not _miss(measured, limits, {}):
                return measured
            found.append((candidate, measured))
            if len(found) == _TRIES:
                break
            pace = self._pace(found)
        return min((measured for _, measured in found), key=lambda e: _miss(e, limits, {}))

    def measured(self, architecture: Architecture) -> Evaluation:
        """Costs measured now; what is the same on every device as it is known."""
        self._fresh.renew([architecture], self._device, "final", _TIMES)
        known = self._session.evaluator
        values = {
            o.short: (self._fresh if o.short in self._costs else known).values(
                o, [architecture], self._device, "final"
            )[0]
            for o in self._session.plan.objectives
        }
        found = Evaluation(architecture, self._name, values, "final")
        return found.changed(self._retrained.get(architecture.key, {}))

    def _pace(self, found: Sequence[tuple[Evaluation, Evaluation]]) -> dict[str, float]:
        """How many times the known costs the measured ones are, in the middle, at least 1."""
        ratios = {n: [m.values[n].value / k.values[n].value for k, m in found] for n in self._costs}
        return {name: max(1.0, statistics.median(of)) for name, of in ratios.items()}


def _miss(evaluation: Evaluation, limits: Sequence[Constraint], pace: Mapping[str, float]) -> float:
    """The largest relative violation, were costs as many times the known ones as ``pace`` says."""
    values = {name: value.value * pace.get(name, 1.0) for name, value in evaluation.values.items()}
    return max((c.violation(values[c.objective]) for c in limits), default=0.0)
