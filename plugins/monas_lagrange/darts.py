"""DARTS: one mixture, trained and searched in turn.

Liu et al., "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv 1806.09055. With
partial channels, an option of the space, and a head start of the weights it is PC-DARTS (Xu et
al., ICLR 2020, arXiv 1907.05737).
"""

from __future__ import annotations

import torch
from torch import Tensor

from monas_core.values.relaxation import Relaxation
from monas_lagrange.bilevel import BiLevel
from monas_lagrange.costing import own_costs, total_misses
from monas_lagrange.gradient_options import DARTSOptions


class DARTS(BiLevel):
    """Looks for the best architecture whatever it costs.

    Deviation: of what the gates draw, architectures that meet the limits of some device are
    evaluated first, and wishes are answered from all that was evaluated, so that a front and
    limits are served; the gates themselves know nothing of cost.
    """

    def __init__(self, options: DARTSOptions | None = None) -> None:
        super().__init__(options or DARTSOptions())

    def _count(self) -> int:
        return 1

    def _pull(self, relaxation: Relaxation) -> Tensor:
        return 0.0 * relaxation.weights.sum()

    def _misses(self, rows: Tensor) -> Tensor:
        """Of the device whose limits are missed least."""
        problem, flat = self._problem, rows.flatten(0, 1)
        costs = own_costs(problem, flat)
        each = [
            total_misses(problem, costs, number, problem.limits_on(device))
            for number, device in enumerate(problem.devices)
        ]
        return torch.stack(each).amin(0).reshape(rows.shape[:2])
