"""How far predictions were from the values that were then obtained."""

from __future__ import annotations

from collections.abc import Sequence

from monas_core.values.member import Member


def origins(members: Sequence[Member], name: str) -> dict[str, int]:
    """How many members have a value of each origin."""
    found: dict[str, int] = {}
    for member in members:
        origin = member.origin[name]
        found[origin] = found.get(origin, 0) + 1
    return found
