"""The parts of a run's view: phases, fronts, clouds of points. The whole is in ``view``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from monas_core.ui.series import Series
from monas_core.values.member import Member

CLOUD_POINTS = 400


@attrs.frozen
class PhaseView:
    """Progress of one phase.

    Attributes:
        total: Length in ``unit``; 0 where it is not known.
        started: Time of its (latest) start.
        ended: Time at which the next phase or the end came; ``None`` while it runs.
        recent: ``(time, done)`` of the latest steps, for the pace.
        losses: History by name.
        rates: Latest, by name.
    """

    name: str
    total: float
    unit: str
    started: float
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    done: float = 0.0
    ended: float | None = None
    recent: tuple[tuple[float, float], ...] = ()
    losses: Mapping[str, Series] = attrs.field(factory=dict)
    rates: Mapping[str, float] = attrs.field(factory=dict)
    note: str = ""

    @property
    def fraction(self) -> float:
        """Share that is done, 0 to 1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0


@attrs.frozen
class FrontView:
    """The front of one device and how its hypervolume grew."""

    hypervolume: float
    members: tuple[Member, ...]
    split: str
    time: float
    trend: Series
    limits: tuple[Mapping[str, Any], ...] = ()


@attrs.frozen
class Cloud:
    """Values of some architectures evaluated on a device, thinned when there are many."""

    points: tuple[Mapping[str, float], ...] = ()
    stride: int = 1
    seen: int = 0

    def add(self, values: Mapping[str, float]) -> Cloud:
        """The cloud with one more evaluation, if its turn has come."""
        seen = self.seen + 1
        if seen % self.stride:
            return attrs.evolve(self, seen=seen)
        points = (*self.points, dict(values))
        if len(points) < CLOUD_POINTS:
            return Cloud(points, self.stride, seen)
        return Cloud(points[1::2], self.stride * 2, seen)
