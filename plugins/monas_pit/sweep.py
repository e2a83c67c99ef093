"""Which strength comes next: ends of the sweep, the middle of its widest gap, and so on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

_CLOSEST = 1.1
"""Factor between two strengths below which nothing is looked for between them."""


class Sweep:
    """Strengths whose networks together trace a front.

    First ``count`` strengths, a factor apart, in such an order that whenever the budget ends
    the whole range is covered; then always between the two neighbours whose sizes differ most.

    Args:
        weakest, strongest: Ends.
        count: Strengths that are planned.
    """

    def __init__(self, weakest: float, strongest: float, count: int) -> None:
        ratio = (strongest / weakest) ** (1 / (count - 1)) if count > 1 else 1.0
        grid = [weakest * ratio**n for n in range(count)] if count > 1 else [strongest]
        self.planned = [grid[place] for place in spread_order(count)]
        self.known: dict[float, float] = {}
        self.dropped: set[float] = set()

    def next(self) -> float | None:
        """The next strength; ``None`` where all that is left lies between equal networks."""
        waiting = [s for s in self.planned if s not in self.known and s not in self.dropped]
        if waiting:
            return waiting[0]
        gaps = [
            (abs(math.log(self.known[a] / self.known[b])), math.sqrt(a * b))
            for a, b in pairwise(sorted(self.known))
            if b / a > _CLOSEST
            and self.known[a] != self.known[b]
            and math.sqrt(a * b) not in self.dropped
        ]
        return max(gaps)[1] if gaps else None

    def tell(self, strength: float, size: float) -> None:
        """What a strength came to."""
        self.known[strength] = size

    def drop(self, strength: float) -> None:
        """A strength that came to nothing is not tried again."""
        self.dropped.add(strength)

    def state_dict(self) -> dict[str, Any]:
        """What is known."""
        known = [[strength, size] for strength, size in self.known.items()]
        return {"known": known, "dropped": sorted(self.dropped)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue."""
        self.known, self.dropped = dict(state["known"]), set(state["dropped"])


def spread_order(count: int) -> Sequence[int]:
    """Positions 0 to ``count - 1``: both ends, then always the middle of the widest gap."""
    order = list(dict.fromkeys([0, count - 1]))
    while len(order) < count:
        known = sorted(order)
        width, left = max((b - a, -a) for a, b in pairwise(known))
        order.append(-left + width // 2)
    return order
