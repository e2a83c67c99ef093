"""A bounded history of numbers that always spans the whole time it was recorded."""

from __future__ import annotations

import math
from typing import ClassVar

import attrs


@attrs.frozen
class Series:
    """Numbers in order; when full, neighbours are averaged so that old values stay visible.

    Attributes:
        values: Means of ``stride`` neighbouring numbers each.
        stride: How many numbers one value stands for.
        pending: Numbers not yet averaged into a value.
    """

    LIMIT: ClassVar[int] = 240

    values: tuple[float, ...] = ()
    stride: int = 1
    pending: tuple[float, ...] = ()

    def add(self, number: float) -> Series:
        """The series with one more number; numbers that are not finite are left out."""
        if not math.isfinite(number):
            return self
        pending = (*self.pending, float(number))
        if len(pending) < self.stride:
            return attrs.evolve(self, pending=pending)
        values = (*self.values, sum(pending) / len(pending))
        if len(values) < self.LIMIT:
            return Series(values, self.stride)
        pairs = zip(values[::2], values[1::2], strict=True)
        return Series(tuple((a + b) / 2 for a, b in pairs), self.stride * 2)

    @property
    def latest(self) -> float | None:
        """The number added last, or ``None``."""
        if self.pending:
            return self.pending[-1]
        return self.values[-1] if self.values else None

    @property
    def shown(self) -> tuple[float, ...]:
        """The history with the unfinished mean at its end."""
        if not self.pending:
            return self.values
        return (*self.values, sum(self.pending) / len(self.pending))
