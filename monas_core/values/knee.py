"""Where a front bends most: past its knee, a little quality costs much."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monas_core.values.member import Member, ObjectiveView

SHARPEST = 0.1
"""Below this depth (of a front scaled to the unit square) a front is as good as straight."""


def knee(members: Sequence[Member], cost: ObjectiveView, quality: ObjectiveView) -> Member | None:
    """The member deepest below the line between the two ends of a front in two objectives.

    Das, "On characterizing the knee of the Pareto curve" (1999), on the members that are
    non-dominated in these two. Positive costs count as logarithms, as people weigh them.

    Returns:
        ``None`` where there are fewer than three such members, or none that is deeper than
        ``SHARPEST``.
    """
    front = stepped(members, cost, quality)
    if len(front) < 3:
        return None
    across, up = _scaled(front, cost, ratio=True), _scaled(front, quality, ratio=False)
    depths = [1.0 - x - y for x, y in zip(across, up, strict=True)]
    deepest = max(depths)
    return front[depths.index(deepest)] if deepest > SHARPEST else None


def stepped(members: Sequence[Member], across: ObjectiveView, up: ObjectiveView) -> list[Member]:
    """Those that are non-dominated in two objectives alone, cheapest ``across`` first."""
    signs = [1.0 if objective.direction == "min" else -1.0 for objective in (across, up)]
    points = [
        (signs[0] * member.values[across.name], signs[1] * member.values[up.name], member)
        for member in members
    ]
    kept: list[Member] = []
    lowest = math.inf
    for _, y, member in sorted(points, key=lambda point: point[:2]):
        if y < lowest:
            kept.append(member)
            lowest = y
    return kept


def _scaled(front: Sequence[Member], objective: ObjectiveView, *, ratio: bool) -> list[float]:
    """Minimised values of the members from 0 (best) to 1 (worst of the front)."""
    values = [float(member.values[objective.name]) for member in front]
    if ratio and min(values) > 0:
        values = [math.log(value) for value in values]
    if objective.direction == "max":
        values = [-value for value in values]
    low, high = min(values), max(values)
    return [(value - low) / ((high - low) or 1.0) for value in values]
