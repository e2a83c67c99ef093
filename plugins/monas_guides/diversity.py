"""Diversity of hardware cost, as MO-HDNAS maximises it beside quality and cost.

Sinha et al., "Hardware Aware Evolutionary Neural Architecture Search using Representation
Similarity Metric", arXiv 2404.12403: chi(a, P) is the sum over b in P of (psi(a) - psi(b))^2,
psi being the cost on the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from monas_core.errors import UsageError
from monas_core.parts.objective import Objective
from monas_core.problem.guide import Guide
from monas_core.values.front import Points


class Diversity(Guide):
    """Sum of squared differences of cost to all others of the population, maximised.

    Deviation: of several costs each is divided by its deviation in the population, and the sums
    are added; of one it is the paper's number but for that factor, which moves no selection.
    """

    name: ClassVar[str] = "diversity"

    def check(self, objectives: Sequence[Objective]) -> None:
        """Refuse a run without a cost. Raises UsageError."""
        if all(objective.query for objective in objectives):
            names = ", ".join(objective.short for objective in objectives)
            raise UsageError(
                f'Guide "diversity" keeps members of different cost, and none of the objectives '
                f"({names}) is one; add a cost, such as lat or params, or leave out --guides."
            )

    def columns(self, objectives: Sequence[Objective], points: Points) -> Points:
        """The negative sum for each member, ``(n, 1)``."""
        costs = [index for index, objective in enumerate(objectives) if not objective.query]
        total = np.zeros(len(points))
        for index in costs:
            deviation = float(points[:, index].std())
            if deviation > 0:
                total += spread(points[:, index] / deviation)
        return -total[:, None]


def spread(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of squared differences of each of ``(n,)`` costs to all of them."""
    # sum_b (x - b)^2 = n (x - mean)^2 + sum_b (b - mean)^2
    centred = costs - costs.mean()
    return len(costs) * centred**2 + (centred**2).sum()
