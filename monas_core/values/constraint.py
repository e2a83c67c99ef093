"""Limits on objectives: first-class values, not objectives in disguise."""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen
class Constraint:
    """``objective`` must stay below, above or at ``bound`` (in the objective's unit).

    Attributes:
        tolerance: Relative slack within which the constraint counts as met.
        device: The device it holds on; ``None`` means every device.
    """

    objective: str
    kind: Literal["max", "min", "equal"]
    bound: float
    tolerance: float = 0.0
    device: str | None = None

    def violation(self, value: float) -> float:
        """Relative amount by which a value misses the constraint; 0 when met."""
        scale = abs(self.bound) or 1.0
        gap = (value - self.bound) / scale
        miss = {"max": gap, "min": -gap, "equal": abs(gap)}[self.kind]
        return max(0.0, miss - self.tolerance)
