"""How far a run is and how long it will take, from what its view state shows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from monas_core.ui.parts import PhaseView
from monas_core.ui.view import ViewState

WEIGHTS = {"warm-up": 0.4, "search": 0.45, "finish": 0.15}
"""Usual shares of a run, used only for phases whose own pace is not known yet."""
_OPTIONAL = {"retrain": 0.5}
"""The same of phases that come last where a run's facts name them."""
_FIRST = "teacher"
"""A phase that some runs begin with."""


@attrs.frozen
class Outlook:
    """Share of the whole run that is done, and seconds left (``None``: too early to say)."""

    fraction: float
    left: float | None


class Furthest:
    """How far a run is, as a person is told: under load an estimate may fall, this never does."""

    def __init__(self) -> None:
        self._fraction = 0.0

    def restart(self) -> None:
        """Begin anew: another run, or the same one from an earlier point."""
        self._fraction = 0.0

    def __call__(self, state: ViewState, now: float) -> Outlook:
        """The outlook, its share not below any told before."""
        found = outlook(state, now)
        self._fraction = max(self._fraction, found.fraction)
        return attrs.evolve(found, fraction=self._fraction)


def phase_left(phase: PhaseView, now: float) -> float | None:
    """Seconds until a running phase ends, from the pace of its latest steps."""
    if phase.ended is not None:
        return 0.0
    if phase.total <= 0:
        return None
    missing = max(0.0, phase.total - phase.done)
    if phase.unit == "seconds":
        return missing
    pace = _pace(phase)
    if pace is None:
        return None
    last = phase.recent[-1][0]
    return max(0.0, missing / pace - max(0.0, now - last))


def _pace(phase: PhaseView) -> float | None:
    """Units per second over the latest steps."""
    points = ((phase.started, 0.0), *phase.recent) if len(phase.recent) < 4 else phase.recent
    if len(points) < 2:
        return None
    seconds = points[-1][0] - points[0][0]
    units = points[-1][1] - points[0][1]
    return units / seconds if seconds > 0 and units > 0 else None


def expected_phases(state: ViewState) -> list[str]:
    """Names of all phases in order: those seen, then the usual ones still to come."""
    seen = [phase.name for phase in state.phases]
    usual = [*WEIGHTS, *(name for name in _OPTIONAL if state.facts.get(name))]
    if seen and not any(name in (_FIRST, *usual) for name in seen):
        return seen  # no search: one subnet is trained
    last = max((usual.index(name) for name in seen if name in usual), default=-1)
    return seen if state.over else [*seen, *usual[last + 1 :]]


def outlook(state: ViewState, now: float) -> Outlook:
    """Progress of the whole run: measured where a phase has a pace, guessed where not."""
    if state.status == "done":
        return Outlook(1.0, 0.0)
    durations = [_duration(phase, now) for phase in state.phases]
    spent = [
        (phase.ended if phase.ended is not None else max(now, phase.started)) - phase.started
        for phase in state.phases
    ]
    known = [(p, d) for p, d in zip(state.phases, durations, strict=True) if d is not None]
    weight = sum(_weight(phase.name) for phase, _ in known)
    length = sum(duration for _, duration in known)
    if weight <= 0 or length <= 0:
        return Outlook(_by_weight(state), None)
    unit = length / weight
    names = expected_phases(state)
    full = dict(zip((phase.name for phase in state.phases), durations, strict=True))
    total = 0.0
    for name in names:
        duration = full.get(name)
        if duration is None and name == "search":
            duration = _budget_seconds(state)
        total += duration if duration is not None else unit * _weight(name)
    done = min(sum(spent), total)
    return Outlook(done / total, total - done)


def _duration(phase: PhaseView, now: float) -> float | None:
    """Full length of a phase in seconds, as far as it can be told."""
    if phase.ended is not None:
        return phase.ended - phase.started
    left = phase_left(phase, now)
    return None if left is None else max(0.0, now - phase.started) + left


def _budget_seconds(state: ViewState) -> float | None:
    """Length of a search whose budget is a time."""
    match = re.fullmatch(r"([\d.]+)s", str(state.facts.get("budget", "")))
    return float(match[1]) if match else None


def _weight(name: str) -> float:
    return (WEIGHTS | _OPTIONAL).get(name, 0.1)


def _by_weight(state: ViewState) -> float:
    names: Sequence[str] = expected_phases(state)
    total = sum(_weight(name) for name in names) or 1.0
    done = sum(
        _weight(phase.name) * (1.0 if phase.ended is not None else phase.fraction)
        for phase in state.phases
    )
    return done / total
