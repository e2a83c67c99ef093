"""What to ask for in order to get what is wanted, from what was asked for and given before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

_FARTHEST = 2.0
"""Factor by which a request may differ from what is wanted."""


@attrs.frozen
class Landed:
    """One search under a bound.

    Attributes:
        requested: The bound it was given.
        expected: Cost of the mixture it ended with.
        derived: Cost of the architecture the mixture stands for.
    """

    requested: float
    expected: float
    derived: float


class LookUp:
    """Requests and what was derived under them, of one cost on one device.

    A mixture that costs what it may stands for an architecture that costs more or less; by how
    much depends on the bound, and a curve of earlier searches tells (the look-up graph of DCA-NAS,
    arXiv 2307.04443).

    Deviation: points come from the passes of the very search, not from searches made beforehand.

    Example:
        >>> table = LookUp()
        >>> table.add(Landed(requested=100.0, expected=99.0, derived=120.0))
        >>> round(table.request(100.0), 1)
        83.3
    """

    def __init__(self, points: Sequence[Landed] = ()) -> None:
        self.points = list(points)

    def add(self, point: Landed) -> None:
        """Remember a search; costs must be above 0 to be of use."""
        self.points.append(point)

    def request(self, wanted: float) -> float:
        """The bound that should deliver what is wanted, above 0.

        Between two requests that enclose it by logarithmic interpolation, else the nearest one
        times what it was off by; what is wanted itself where nothing is known.
        """
        known = sorted(
            (math.log(p.derived / wanted), math.log(p.requested / wanted))
            for p in self.points
            if min(p.derived, p.requested, wanted) > 0
        )
        if not known:
            return wanted
        below = [point for point in known if point[0] <= 0]
        above = [point for point in known if point[0] > 0]
        if below and above and above[0][1] > below[-1][1]:
            (low, first), (high, second) = below[-1], above[0]
            found = first + (second - first) * (0 - low) / (high - low)
        else:
            off, asked = min(known, key=lambda point: abs(point[0]))
            found = asked - off
        most = math.log(_FARTHEST)
        return wanted * math.exp(min(most, max(-most, found)))

    def state_dict(self) -> dict[str, Any]:
        """The points."""
        return {"points": [list(attrs.astuple(point)) for point in self.points]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self.points = [Landed(*point) for point in state["points"]]
