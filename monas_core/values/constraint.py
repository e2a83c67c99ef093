"""Limits on objectives: first-class values, not objectives in disguise."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import attrs

Kind = Literal["max", "min", "equal"]
"""Which way a limit holds."""

WORDS: dict[Kind, str] = {"max": "at most", "min": "at least", "equal": "exactly"}


@attrs.frozen
class Constraint:
    """``objective`` must stay below, above or at ``bound`` (in the objective's unit).

    Attributes:
        tolerance: Relative slack within which the constraint counts as met.
        device: The device it holds on; ``None`` means every device.
    """

    objective: str
    kind: Kind
    bound: float
    tolerance: float = 0.0
    device: str | None = None

    @property
    def scale(self) -> float:
        """What violations are relative to."""
        return abs(self.bound) or 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Least and greatest value that meet it, in the objective's unit; infinite where open."""
        slack = self.tolerance * self.scale
        low = -math.inf if self.kind == "max" else self.bound - slack
        high = math.inf if self.kind == "min" else self.bound + slack
        return low, high

    def violation(self, value: float) -> float:
        """Relative amount by which a value misses the constraint; 0 when met."""
        low, high = self.interval
        return max(0.0, low - value, value - high) / self.scale

    def said(self, unit: str) -> str:
        """``lat at most 5 ms``."""
        slack = f" ±{self.tolerance:.0%}" if self.tolerance else ""
        amount = f"{self.bound:.4g} {unit}".rstrip()
        return f"{self.objective} {WORDS[self.kind]} {amount}{slack}"

    def tightened(self, share: float) -> Constraint:
        """The same, kept off by a share of the bound: what a prediction has to meet."""
        way = {"max": -share, "min": share, "equal": 0.0}[self.kind]
        return attrs.evolve(self, bound=self.bound + way * abs(self.bound))


def holding(limits: Iterable[Constraint], device: str) -> tuple[Constraint, ...]:
    """The limits that hold on a device."""
    return tuple(limit for limit in limits if limit.device in (None, device))


def overridden(
    before: Iterable[Constraint], now: Iterable[Constraint], device: str
) -> tuple[Constraint, ...]:
    """Earlier limits on a device, but for those of which ``now`` says something else."""
    fresh = holding(now, device)
    said = {(limit.objective, limit.kind) for limit in fresh}
    kept = [c for c in holding(before, device) if (c.objective, c.kind) not in said]
    return (*kept, *fresh)
