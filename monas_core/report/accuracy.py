"""How far predictions were from the values that were then obtained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

Document = Mapping[str, Any]


def median_error(members: Sequence[Document], name: str) -> float | None:
    """Median of |predicted - value| / |value| over members that have both, else ``None``."""
    errors: list[float] = []
    for member in members:
        predicted = member.get("predicted", {}).get(name)
        value = member["values"][name]
        if isinstance(predicted, int | float) and value and math.isfinite(predicted):
            errors.append(abs(predicted - value) / abs(value))
    return median(errors) if errors else None


def origins(members: Sequence[Document], name: str) -> dict[str, int]:
    """How many members have a value of each origin."""
    found: dict[str, int] = {}
    for member in members:
        origin = str(member["origin"][name])
        found[origin] = found.get(origin, 0) + 1
    return found
