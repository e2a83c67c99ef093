"""Lagrange multipliers that are learnt while what they hold back is learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from monas_core.values.constraint import Constraint

Form = Literal["linear", "hinge"]


class Multiplier:
    """One multiplier per constraint, moved by dual ascent on the relative violation.

    The searcher descends ``loss + penalty(cost).sum()``; after each of its steps ``ascend`` moves
    every multiplier up while its constraint is missed on the upper side and down while it is on
    the lower. Those of equalities take either sign; those of limits stay at 0 or above, so a
    limit that is kept with room to spare costs nothing (projected ascent; LightNAS, arXiv
    2208.14446, for equalities; DCA-NAS, arXiv 2307.04443, for limits).

    The ``hinge`` form only ever sees what is above the bound, and its multiplier never falls:
    the penalty vanishes inside, whatever the multiplier has become.

    Args:
        constraints: N, in the units of their costs.
        rate: Of the ascent.
        form: Of the penalty.
        reset: Put an equality's multiplier back to 0 when its sign opposes the violation, as
            the published code does. Off: it makes landing worse (benchmarks/bench_landing.py).
    """

    def __init__(
        self,
        constraints: Sequence[Constraint],
        rate: float,
        *,
        form: Form = "linear",
        reset: bool = False,
    ) -> None:
        self.constraints = tuple(constraints)
        self.rate, self.form, self.reset = rate, form, reset
        bounds, scales = [c.bound for c in constraints], [c.scale for c in constraints]
        self._bounds = torch.tensor(bounds, dtype=torch.float64)
        self._scales = torch.tensor(scales, dtype=torch.float64)
        signs = [-1.0 if c.kind == "min" else 1.0 for c in constraints]
        self._signs = torch.tensor(signs, dtype=torch.float64)
        self._equal = torch.tensor([c.kind == "equal" for c in constraints], dtype=torch.bool)
        self.values = torch.zeros(len(self.constraints), dtype=torch.float64)

    def violation(self, costs: Tensor) -> Tensor:
        """``cost / bound - 1`` of costs ``(..., N)``, differentiable; its negative for "min".

        Negative where there is room. A bound of 0 has the scale 1.
        """
        return self._signs.to(costs) * (costs - self._bounds.to(costs)) / self._scales.to(costs)

    def missed(self, costs: Tensor) -> Tensor:
        """Relative amount by which costs ``(..., N)`` miss their constraints, at least 0."""
        apart = self.violation(costs)
        return torch.where(self._equal, apart.abs(), apart.clamp_min(0.0))

    def penalty(self, costs: Tensor) -> Tensor:
        """What each constraint adds to the loss, ``(..., N)``, differentiable in the costs."""
        apart = self.violation(costs)
        if self.form == "hinge":
            apart = torch.where(self._equal, apart.abs(), apart.clamp_min(0.0))
        return self.values.to(costs) * apart

    def ascend(self, costs: Tensor) -> None:
        """One step of every multiplier from what is reached now, ``(N,)``."""
        reached = costs.detach().double()
        if self.form == "hinge":
            self.values = self.values + self.rate * self.missed(reached)
            return
        apart = self.violation(reached)
        moved = self.values + self.rate * apart
        if self.reset:
            moved = torch.where(self._equal & (moved * apart < 0), 0.0, moved)
        self.values = torch.where(self._equal, moved, moved.clamp_min(0.0))

    def state_dict(self) -> dict[str, Any]:
        """The multipliers; all else is rebuilt."""
        return {"values": self.values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self.values = state["values"].clone()
