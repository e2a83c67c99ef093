"""What must hold, as the search sees it: bounds for learning, misses for choosing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs
import torch
from torch import Tensor

from monas_core.parts.device import Device
from monas_core.parts.objective import Objective, sign
from monas_core.problem.feasibility import bounds, free_misses
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.constraint import Constraint, holding
from monas_modnas.costs import split_objectives
from monas_modnas.coverage import REFERENCE
from monas_modnas.judge import Judge, Opinions
from monas_modnas.landscape import Targets
from monas_modnas.prices import Prices

_LOOKS = 64
"""Times that answers are looked up and chosen anew, at most."""


class Limits:
    """Limits of a problem or a wish, applied to beliefs; without any, nothing changes."""

    def __init__(self, problem: Problem, judge: Judge, prices: Prices) -> None:
        self._problem = problem
        self._judge = judge
        self._prices = prices
        self._queried, self._free = split_objectives(problem.objectives)

    def bounded(self, targets: Targets) -> Targets:
        """Search devices with least and greatest normalised objectives, ``(T, M)`` each."""
        if not self._problem.limits:
            return targets
        shape = (len(targets.embedding), len(self._problem.objectives))
        low, high = torch.full(shape, -torch.inf), torch.full(shape, torch.inf)
        for t, device in enumerate(self._problem.devices):
            limits = self._problem.limits_on(device)
            for column, least, most, _ in bounds(self._problem.objectives, limits):
                ends = [self._normalised(column, end, targets, t) for end in (least, most)]
                low[t, column] = max(float(low[t, column]), ends[0])
                high[t, column] = min(float(high[t, column]), ends[1])
        return attrs.evolve(targets, floor=low, ceiling=high)

    def _normalised(self, column: int, value: float, targets: Targets, t: int) -> float:
        """A minimised value on the scale that the landscape gives objectives of a device."""
        objective, landscape = self._problem.objectives[column], self._judge.landscape
        if objective.query:
            q = self._queried.index(objective)
            return (value - float(landscape.quality_low[q])) / float(landscape.quality_width[q])
        h = self._free.index(objective)
        anchor = float(self._prices.at_references(self._problem.devices[t])[:, h].mean())
        return (_log(objective, value) - anchor - float(targets.low[t, h])) / float(
            targets.width[t, h]
        )

    def missed(
        self,
        opinions: Opinions,
        device: Device,
        limits: Sequence[Constraint],
        optimism: float = 0.0,
    ) -> Tensor | None:
        """By how much rows are believed to miss limits on a device, ``(n,)``; none without any.

        Of evaluated rows the quality is known.
        """
        own = holding(limits, device.name)
        if not own:
            return None
        quality, logs = self._judge.values(opinions, device, optimism)
        quality = self._with_known(opinions.rows, quality)
        signs = torch.tensor([sign(o) for o in self._free])
        costs = signs * (signs * logs).exp()
        points = self._judge.landscape.assemble(quality, costs)
        total = torch.zeros(len(points))
        for column, low, high, scale in bounds(self._problem.objectives, own):
            values = points[:, column]
            total += torch.maximum(low - values, values - high).clamp_min(0.0) / scale
        # estimates that are exact went through a logarithm in single precision
        return torch.where(total > 1e-6, total, 0.0)

    def settled(
        self,
        opinions: Opinions,
        device: Device,
        limits: Sequence[Constraint],
        optimism: float,
        chosen: Callable[[Tensor | None], Tensor],
    ) -> Tensor:
        """Indices that ``chosen`` answers with, once the device has been asked what they cost.

        Costs that were predicted may miss a limit by more than its tolerance; looking up the
        few that would be answered costs nothing.

        Args:
            opinions: On n rows.
            device: Where the limits hold.
            limits: Of the wish.
            optimism: As in ``missed``.
            chosen: From what each row misses, ``(n,)`` or none, to indices of the answer.
        """
        missed = self.missed(opinions, device, limits, optimism)
        free = {objective.short for objective in self._free}
        costs = [c for c in holding(limits, device.name) if c.objective in free]
        found = chosen(missed)
        if missed is None or not costs:
            return found
        others = [limit for limit in limits if limit.objective not in free]
        rest = self.missed(opinions, device, others, optimism)
        unseen = torch.ones(len(missed), dtype=torch.bool)
        for _ in range(_LOOKS):
            fresh = found[unseen[found]].unique()
            if len(fresh) == 0:
                break
            architectures = population.decode(self._problem.choices, opinions.rows[fresh])
            exact = torch.from_numpy(free_misses(self._problem, architectures, device, costs))
            missed[fresh] = exact.to(missed) + (0.0 if rest is None else rest[fresh])
            unseen[fresh] = False
            found = chosen(missed)
        return found

    def _with_known(self, rows: Tensor, quality: Tensor) -> Tensor:
        evaluator = self._problem.evaluator
        known = evaluator.queried()
        if not known or not self._queried:
            return quality
        places = {tuple(row): i for i, row in enumerate(rows.tolist())}
        listed = map(tuple, population.encode(self._problem.choices, known).tolist())
        found = [(places[row], a) for row, a in zip(listed, known, strict=True) if row in places]
        if not found:
            return quality
        quality = quality.clone()
        index = torch.tensor([place for place, _ in found])
        for q, objective in enumerate(self._queried):
            values = evaluator.values(objective, [a for _, a in found], None)
            quality[index, q] = torch.tensor([sign(objective) * v.value for v in values])
        return quality


def out_of_reach(points: Tensor, missed: Tensor | None) -> Tensor:
    """Scaled points ``(n, M)``, those that miss a limit moved to where nothing counts."""
    if missed is None:
        return points
    return torch.where(missed[:, None] > 0.0, torch.full_like(points, REFERENCE), points)


def nearest(missed: Tensor | None, size: int) -> Tensor | None:
    """Where nothing meets the limits, indices of what comes nearest; else nothing."""
    if missed is None or bool((missed == 0.0).any()):
        return None
    return missed.argsort(stable=True)[:size]


def _log(objective: Objective, value: float) -> float:
    """Logarithm of a minimised value as costs enter the models; infinite where it is open."""
    number = sign(objective) * value
    if number <= 0.0:
        return -math.inf * sign(objective)
    return sign(objective) * (math.log(number) if math.isfinite(number) else math.inf)
