"""The result of a run in words: what a network reaches, and what it gains over the best one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from monas_core.ui.highlights import balanced
from monas_core.ui.text import number
from monas_core.values.knee import knee
from monas_core.values.member import Front, Member, ObjectiveView

_TIMES = ("s", "ms", "us", "µs", "ns")
NEARLY = 0.02
"""Relative difference from the best quality that counts as nearly as good."""
_WORTH = 0.05
"""Relative gain in cost for which being nearly as good is worth a word."""
_SAME = 0.005
"""Relative differences below it are none in words."""


@attrs.frozen
class Said:
    """A member of a front worth a sentence, and the sentence without its full stop."""

    label: str
    member: Member
    text: str


def sentences(front: Front) -> list[Said]:
    """The best member, the cheapest that is nearly as good, the balanced one; none twice.

    ``2.48 bit/byte at 1.01 ms: 30 % faster than the best one for 2 % more bits``. Empty where
    the front is.
    """
    if not front.members:
        return []
    named = {
        "best": best_of(front.members, front.objectives[0]),
        "nearly as good": nearly_best(front),
        "balanced": balanced(front.members, front.objectives),
    }
    found: dict[str, Said] = {}
    for label, member in named.items():
        if member is not None and member.key not in found:
            told = member_in_words(member, front.objectives)
            gained = "" if label == "best" else against_best(member, front)
            text = f"{told}: {gained}" if gained else told
            found[member.key] = Said(label, member, text)
    return list(found.values())


def nearly_best(front: Front) -> Member | None:
    """The cheapest in the first cost of those within ``NEARLY`` of the best, if it gains much."""
    if len(front.objectives) < 2:
        return None
    quality, cost = front.objectives[:2]
    best = best_of(front.members, quality)
    most = NEARLY * abs(best.reached[quality.name])
    near = [
        member
        for member in front.members
        if abs(member.reached[quality.name] - best.reached[quality.name]) <= most
    ]
    cheapest = best_of(near, cost)
    own, theirs = cheapest.reached[cost.name], best.reached[cost.name]
    return cheapest if abs(own - theirs) > _WORTH * abs(theirs) else None


def told_best(front: Front) -> Said | None:
    """The most telling sentence: of the nearly best, the balanced or the only member."""
    found = {said.label: said for said in sentences(front)}
    labels = ("nearly as good", "balanced", "best")
    return next((found[label] for label in labels if label in found), None)


def front_in_words(front: Front) -> str:
    """``told_best`` with its device."""
    said = told_best(front)
    text = said.text if said else front.unmet.rstrip(".") or "no network was found"
    return f"{front.device}: {text}."


def knee_in_words(front: Front) -> str:
    """What lies past the knee of the first cost; empty where a front has none."""
    if len(front.objectives) < 2 or not front.members:
        return ""
    quality, cost = front.objectives[:2]
    member, best = knee(front.members, cost, quality), best_of(front.members, quality)
    if member is None:
        return ""
    gained = _better(quality, best.values[quality.name], member.values[quality.name])
    own, theirs = member.values[cost.name], best.values[cost.name]
    if not gained or not cost.better(own, theirs):
        return ""
    more = (
        f"{times} the"
        if (times := _factor(theirs, own))
        else f"{100 * abs(theirs / own - 1):.0f} % more"
    )
    told = member_in_words(member, (quality, cost))
    return f"knee at {told}: past it, {gained} cost {more} {cost.name}"


def member_in_words(member: Member, objectives: Sequence[ObjectiveView]) -> str:
    """What a network reaches: ``2.48 bit/byte at 1.01 ms and 3.20 mJ``."""
    first, *rest = [_value(o, member.reached[o.name]) for o in objectives]
    return f"{first} at {_listed(rest)}" if rest else first


def against_best(member: Member, front: Front) -> str:
    """What a network gains over the best of a front in the first objective, and for what.

    "30 % faster" means 30 % less time; from a factor of two on, factors are said. Empty where
    there is nothing to compare with.
    """
    if not front.members:
        return ""
    first, *rest = front.objectives
    best = best_of(front.members, first)
    if best.key == member.key:
        return f"the best in {first.said}"
    theirs, own = best.reached, member.reached
    faster = _said(_better, [o for o in rest if o.unit in _TIMES], own, theirs)
    less = _said(_better, [o for o in rest if o.unit not in _TIMES], own, theirs)
    lost = _said(_worse, front.objectives, own, theirs)
    whom = "the best one" if first.score or first.unit else f"the best in {first.name}"
    price = f"for {lost}" if lost else "at no cost"
    if not faster:
        return f"{less} than {whom} {price}" if less else f"{lost} than {whom}" if lost else ""
    gained = f"{faster} {'as' if faster.endswith('as fast') else 'than'} {whom}"
    return f"{gained}, with {less}, {price}" if less else f"{gained} {price}"


def best_of(members: Sequence[Member], objective: ObjectiveView) -> Member:
    """The member that is best in one objective."""
    pick = min if objective.direction == "min" else max
    return pick(members, key=lambda member: member.reached[objective.name])


def _value(objective: ObjectiveView, value: float) -> str:
    shown = number(value, 3)
    return f"{shown} {objective.unit}" if objective.unit else f"{objective.name} {shown}"


def _said(
    compared: Callable[[ObjectiveView, float, float], str],
    objectives: Sequence[ObjectiveView],
    own: Mapping[str, float],
    theirs: Mapping[str, float],
) -> str:
    texts = [compared(o, own[o.name], theirs[o.name]) for o in objectives]
    return _listed([text for text in texts if text])


def _better(objective: ObjectiveView, own: float, other: float) -> str:
    """How much better a value is than another; empty where it is not."""
    if not objective.better(own, other):
        return ""
    amount = _amount(objective, own, other)
    if not amount:
        return ""
    if objective.unit in _TIMES:
        return f"{amount} as fast" if amount.endswith("times") else f"{amount} faster"
    return f"{amount} {_comparative(objective, objective.direction == 'max')}"


def _worse(objective: ObjectiveView, own: float, other: float) -> str:
    """How much worse a value is than another; empty where it is not."""
    if not objective.better(other, own):
        return ""
    amount = _amount(objective, own, other)
    if not amount:
        return ""
    if objective.unit in _TIMES:
        return f"{amount} the time" if amount.endswith("times") else f"{amount} more time"
    return f"{amount} {_comparative(objective, objective.direction == 'min')}"


def _comparative(objective: ObjectiveView, more: bool) -> str:
    what = "bits" if objective.unit.startswith("bit") else objective.score or objective.name
    less = "fewer" if what == "bits" else "less"
    return f"{'more' if more else less} {what}"


def _amount(objective: ObjectiveView, own: float, other: float) -> str:
    """The difference in percent or as a factor; in points where the unit is percent."""
    if objective.unit == "%":
        points = abs(own - other)
        return f"{number(points, 2)} points" if points >= 0.05 else ""
    if not other or own * other <= 0:
        return number(abs(own - other), 2)
    times = _factor(own, other) or _factor(other, own)
    if times:
        return times
    share = abs(own - other) / abs(other)
    return f"{_percent(share)} %" if share >= _SAME else ""


def _factor(value: float, other: float) -> str:
    """``2.3 times`` where one positive value is at least twice the other; else nothing."""
    return f"{number(value / other, 2)} times" if other > 0 and value >= 2 * other else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.0095 else f"{100 * share:.1g}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
