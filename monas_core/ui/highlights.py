"""Which members of a front are worth naming: the best in each objective, and the balanced one."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from monas_core.values.member import Member, ObjectiveView

COLOURS = ("green", "yellow", "magenta", "blue", "red")
SIGNS = "▲■▼◀◖"
"""With ``COLOURS`` by objective: shapes tell them apart where there are no colours."""
BALANCED, BALANCED_SIGN = "default", "★"
MEMBER = "•"
"""Any other member of a front."""


@attrs.frozen
class Highlight:
    """A member of a front with the reason to show it."""

    label: str
    colour: str
    sign: str
    member: Member


def highlights(members: Sequence[Member], objectives: Sequence[ObjectiveView]) -> list[Highlight]:
    """Best member per objective and the balanced one; none twice: ``best lat, energy``."""
    found: list[Highlight] = []
    for index, objective in enumerate(objectives):
        having = [m for m in members if objective.name in m.values]
        if having:
            best = min(having, key=lambda m: _cost(m, objective))
            look = index % len(COLOURS)
            found.append(Highlight(f"best {objective.name}", COLOURS[look], SIGNS[look], best))
    middle = balanced(members, objectives)
    if middle is not None and len(objectives) > 1:
        found.append(Highlight("balanced", BALANCED, BALANCED_SIGN, middle))
    first: dict[int, Highlight] = {}
    for highlight in found:
        known = first.setdefault(id(highlight.member), highlight)
        if known is not highlight:
            also = highlight.label.removeprefix("best ")
            first[id(highlight.member)] = attrs.evolve(known, label=f"{known.label}, {also}")
    return list(first.values())


def balanced(members: Sequence[Member], objectives: Sequence[ObjectiveView]) -> Member | None:
    """The member nearest to the ideal point, each objective scaled to the front's range."""
    complete = [m for m in members if all(o.name in m.values for o in objectives)]
    if not complete or not objectives:
        return None
    costs = [[_cost(m, o) for o in objectives] for m in complete]
    low = [min(column) for column in zip(*costs, strict=True)]
    high = [max(column) for column in zip(*costs, strict=True)]
    far = [
        sum(((c - a) / (b - a or 1.0)) ** 2 for c, a, b in zip(row, low, high, strict=True))
        for row in costs
    ]
    return complete[far.index(min(far))]


def _cost(member: Member, objective: ObjectiveView) -> float:
    value = float(member.values[objective.name])
    return value if objective.direction == "min" else -value


def staircase(
    points: Sequence[tuple[float, float]], x_min: bool, y_min: bool
) -> list[tuple[float, float]]:
    """Corners of the line that parts the dominated from the rest of a plane."""
    sign = (1 if x_min else -1, 1 if y_min else -1)
    ordered = sorted((x * sign[0], y * sign[1]) for x, y in points)
    corners: list[tuple[float, float]] = []
    lowest = float("inf")
    for x, y in ordered:
        if y < lowest:
            if corners:
                corners.append((x, lowest))
            corners.append((x, y))
            lowest = y
    return [(x * sign[0], y * sign[1]) for x, y in corners]
