"""From wishes to architectures: the hypernetwork proposes, breeding refines, the judge picks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from monas_core.parts.device import Device
from monas_core.problem.problem import Problem
from monas_core.values import population
from monas_core.values.constraint import Constraint
from monas_core.values.preference import lattice_of_size
from monas_core.values.relaxation import option_mask
from monas_modnas.coverage import cover, directions, layers
from monas_modnas.hypernetwork import HyperNetwork
from monas_modnas.judge import Judge, Opinions
from monas_modnas.limits import Limits, nearest, out_of_reach
from monas_modnas.options import Options
from monas_modnas.pool import Pool
from monas_modnas.scalarisers import smooth_chebyshev

_SHARP = 0.005
"""Temperature of final answers: learning needs a smooth maximum, an answer does not."""
_WISHES = 32
"""Preferences of the lattice that the hypernetwork is asked for, at least."""
_DIRECTIONS = 256
_FINE_DIRECTIONS = 2048
"""For the portfolio: with three objectives, 256 choose a set that is worth 0.2 % less."""
_BOLD, _BOLDEST = 2, 4
"""Largest optimism about queries, and the same where most of those fronts are evaluated already."""
_FEWEST = 4
"""Queries worth refitting the predictors for."""
_PATIENCE = 3
"""Generations without a better parent after which breeding ends early."""
_FAR = 1e6
"""Loss of an answer that misses its limits: more than any wish can make up for."""
_COVER = 24
"""Members of a device's predicted front among which queries are chosen."""


class Answers:
    """Answers wishes on devices with what has been learnt so far; queries nothing.

    Attributes:
        bred: What covered the search devices' fronts when queries were last chosen, ``(n, C)``:
            breeding goes on from there. To be saved with the run.
    """

    def __init__(
        self, problem: Problem, judge: Judge, network: HyperNetwork, options: Options
    ) -> None:
        self.problem = problem
        self.judge = judge
        self.network = network
        self.options = options
        self.mask = option_mask(problem.choices)
        self.limits = Limits(problem, judge, judge.prices)
        self.pool = Pool(problem, options.enumerate if options.refine else 0)
        self.bred = torch.empty(0, len(problem.choices), dtype=torch.int64)
        names = [objective.short for objective in problem.objectives]
        lattice = [p.vector for p in lattice_of_size(names, _WISHES)]
        self._lattice = torch.tensor(lattice)
        along = torch.Generator().manual_seed(len(names))
        self._along = directions(_DIRECTIONS, len(names), along)
        self._finely_along = directions(_FINE_DIRECTIONS, len(names), along)

    def raw(self, device: Device, wishes: Tensor) -> Tensor:
        """The hypernetwork's most probable architectures ``(n, C)`` for wishes ``(n, M)``.

        Those that cannot be evaluated are left out, so there may be fewer.
        """
        embedding = self.problem.embed([device])
        features = self.judge.landscape.cost.device_scale(embedding)
        with torch.no_grad():
            logits = self.network(wishes[None], features)[0]
        best = logits.masked_fill(~self.mask, -torch.inf).argmax(-1)
        rows = population.canonical(self.problem.choices, best)
        return rows[self.problem.available(rows)]

    def candidates(
        self,
        devices: Sequence[Device],
        known: Tensor,
        generations: int,
        generator: torch.Generator,
        limits: Sequence[Constraint],
    ) -> Opinions:
        """What competes on some devices: the whole space, or what was bred for them."""
        if self.pool.whole is not None:
            return self.judge.opinions(self.pool.whole)
        raw = [self.raw(device, self._lattice) for device in devices]
        rows = population.unique_rows(torch.cat([known, self.bred, *raw]))
        if not self.options.refine:
            return self.judge.opinions(rows)
        elite, unchanged = rows[:0], 0
        for _ in range(generations):
            before, elite = elite, self._elite(self.judge.opinions(rows), devices, limits)
            unchanged = unchanged + 1 if torch.equal(before, elite) else 0
            if unchanged == _PATIENCE:
                break
            children = self.pool.children(elite, self.options.children, generator)
            rows = population.unique_rows(torch.cat([elite, children]))
        return self.judge.opinions(population.unique_rows(torch.cat([rows, known])))

    def _elite(
        self, opinions: Opinions, devices: Sequence[Device], limits: Sequence[Constraint]
    ) -> Tensor:
        """Rows that cover the devices' predicted fronts, ``(n, C)``."""
        size = max(_COVER, self.options.elite // len(devices))
        found = [
            self._cover(
                self.judge.linear(opinions, d), size, self.limits.missed(opinions, d, limits)
            )
            for d in devices
        ]
        return opinions.rows[torch.cat(found).unique()]

    def _cover(self, points: Tensor, size: int, missed: Tensor | None) -> Tensor:
        """Indices of rows that cover a front within limits, or that come nearest to them."""
        near = nearest(missed, size)
        if near is not None:
            return near
        return cover(out_of_reach(points, missed), size, self._along)

    def wished(
        self, device: Device, wishes: Tensor, known: Tensor, limits: Sequence[Constraint]
    ) -> Tensor:
        """The best row for each wish ``(n, M)``, ``(n, C)``."""
        opinions = self._for(device, known, limits)
        values = self.judge.logarithmic(opinions, device)
        losses = smooth_chebyshev(values[None], wishes[:, None], _SHARP).double()

        def best(missed: Tensor | None) -> Tensor:
            if missed is None:
                return losses.argmin(1)
            return (losses + torch.where(missed > 0.0, _FAR * (1.0 + missed), 0.0)).argmin(1)

        caution = -self.options.caution
        return opinions.rows[self.limits.settled(opinions, device, limits, caution, best)]

    def portfolio(
        self, device: Device, size: int, known: Tensor, limits: Sequence[Constraint]
    ) -> Tensor:
        """At most ``size`` rows that together have a large predicted hypervolume."""
        opinions = self._for(device, known, limits)
        points = self.judge.linear(opinions, device, -self.options.caution)

        def largest(missed: Tensor | None) -> Tensor:
            near = nearest(missed, size)
            if near is not None:
                return near
            if missed is None:
                return layers(points, size, self._finely_along)
            inside = (missed == 0.0).nonzero()[:, 0]
            return inside[layers(points[inside], size, self._finely_along)]

        caution = -self.options.caution
        return opinions.rows[self.limits.settled(opinions, device, limits, caution, largest)]

    def _for(self, device: Device, known: Tensor, limits: Sequence[Constraint]) -> Opinions:
        # a generator of its own: what is asked leaves no trace in what is learnt
        own = torch.Generator().manual_seed(0)
        return self.candidates([device], known, self.options.final_generations, own, limits)

    def worth_a_query(self, count: int, known: Tensor, generator: torch.Generator) -> Tensor:
        """Up to ``count`` unevaluated rows that tell most about the search devices' fronts.

        They are members of fronts of expected or optimistic quality, and those among them
        whose evaluation lowers the doubt about all such members most; doubt about a row counts
        once for each front it is on.
        """
        devices, limits = self.problem.devices, self.problem.limits
        opinions = self.candidates(devices, known, self.options.generations, generator, limits)
        if self.pool.whole is None and self.options.refine:
            self.bred = self._elite(opinions, devices, limits)
        fronts = self._memberships(opinions, known, count)
        places = (fronts > 0).nonzero()[:, 0]
        rows, count = opinions.rows[places], min(count, len(places))
        return rows[self.judge.telling(rows, fronts[places], count)] if count else rows

    def _memberships(self, opinions: Opinions, known: Tensor, wanted: int) -> Tensor:
        """On how many expected and optimistic fronts each unevaluated row is, ``(n,)``."""
        seen = set(map(tuple, known.tolist()))
        fresh = torch.tensor([tuple(row) not in seen for row in opinions.rows.tolist()])
        fronts = torch.zeros(len(opinions.rows))
        for boldness in range(_BOLDEST + 1):
            for device in self.problem.devices:
                optimism = boldness * self.options.optimism
                points = self.judge.linear(opinions, device, optimism)
                missed = self.limits.missed(opinions, device, self.problem.limits, optimism)
                fronts[self._cover(points, _COVER, missed)] += 1.0
            fronts = torch.where(fresh, fronts, 0.0)
            if boldness >= _BOLD and int((fronts > 0).sum()) >= min(wanted, _FEWEST):
                break
        return fronts
