"""Schedules as data: what a number is after a share of a search, written down and not coded."""

from __future__ import annotations

import math
from typing import Literal

import attrs

Shape = Literal["linear", "exponential", "cosine", "stairs"]


@attrs.frozen
class Schedule:
    """A number that goes from ``start`` to ``end``.

    Attributes:
        start: At progress 0.
        end: At progress ``until`` and ever after.
        shape: ``linear``; ``exponential``: the same factor per share; ``cosine``: half a wave;
            ``stairs``: ``steps`` equal factors at even distances.
        until: Progress, above 0, at which the end is reached.
        steps: Number of factors of ``stairs``.

    Raises:
        ValueError: A shape that multiplies is given a number that is not positive, or ``until``
            is not above 0.

    Example:
        >>> Schedule(5.0, 0.5).at(0.5)
        2.75
    """

    start: float
    end: float
    shape: Shape = "linear"
    until: float = 1.0
    steps: int = 1

    def __attrs_post_init__(self) -> None:
        if self.until <= 0 or self.steps < 1:
            raise ValueError(
                f"until must be above 0 and steps at least 1, got {self.until:g} and {self.steps}"
            )
        if self.shape in ("exponential", "stairs") and min(self.start, self.end) <= 0:
            raise ValueError(
                f"a schedule of shape {self.shape} multiplies, so start and end must be above 0, "
                f"got {self.start:g} and {self.end:g}"
            )

    def at(self, progress: float) -> float:
        """The number at a progress of 0 to 1; what lies beyond counts as the end."""
        share = min(1.0, progress / self.until)
        if self.shape == "linear":
            return self.start + (self.end - self.start) * share
        if self.shape == "cosine":
            return self.end + (self.start - self.end) * 0.5 * (1.0 + math.cos(math.pi * share))
        if self.shape == "stairs":
            share = min(self.steps, int(share * (self.steps + 1))) / self.steps
        return self.start * (self.end / self.start) ** share
