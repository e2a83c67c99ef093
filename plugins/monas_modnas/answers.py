"""From wishes to architectures: hypernetwork, local refinement, choice among known ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from monas_core import population
from monas_core.device import Device
from monas_core.problem import Problem
from monas_core.relaxation import option_mask
from monas_modnas.hypernetwork import HyperNetwork
from monas_modnas.landscape import Landscape, Targets, smooth_chebyshev
from monas_modnas.local_search import improve
from monas_modnas.options import Options
from monas_modnas.predictors import features_of

_POOL = 400
"""Candidates for the next queries that are judged at once."""
_SHARP = 0.005
"""Temperature of final answers: learning needs a smooth maximum, an answer does not."""
_EXPLORED = 64
"""Random candidates among them, so that a search does not stay where it is."""


class Answers:
    """Answers wishes on devices with what has been learnt so far; queries nothing."""

    def __init__(
        self, problem: Problem, landscape: Landscape, network: HyperNetwork, options: Options
    ) -> None:
        self.problem = problem
        self.landscape = landscape
        self.network = network
        self.options = options
        self.mask = option_mask(problem.choices)

    def raw(self, targets: Targets, wishes: Tensor) -> Tensor:
        """The hypernetwork's most probable architectures, ``(T * P, C)``, for ``(T, P, M)``."""
        features = self.landscape.cost.device_scale(targets.embedding)
        with torch.no_grad():
            logits = self.network(wishes, features).flatten(0, 1)
        best = logits.masked_fill(~self.mask, -torch.inf).argmax(-1)
        return population.canonical(self.problem.choices, best)

    def refined(
        self,
        targets: Targets,
        wishes: Tensor,
        optimism: float = 0.0,
        temperature: float | None = None,
    ) -> Tensor:
        """As ``raw``, improved by local search under the predictors if so configured."""
        rows = self.raw(targets, wishes)
        if not self.options.refine:
            return rows
        each = targets.rows(torch.arange(len(wishes)).repeat_interleave(wishes.shape[1]))
        return improve(
            self.landscape,
            self.problem,
            rows,
            each,
            wishes.flatten(0, 1),
            temperature or self.options.smoothing,
            optimism,
        )

    def best_of(
        self,
        pool: Tensor,
        targets: Targets,
        wishes: Tensor,
        optimism: float = 0.0,
        temperature: float | None = None,
    ) -> Tensor:
        """The pool's best row for each wish ``(T, P, M)`` on its target, ``(T * P, C)``."""
        features = features_of(self.problem, pool)
        picked: list[Tensor] = []
        for index, own in enumerate(wishes):
            target = targets.rows(torch.full((len(pool),), index))
            with torch.no_grad():
                values = self.landscape.values(features, target, optimism)
            pairs = values.expand(len(own), *values.shape)  # (P, n, M)
            judged = smooth_chebyshev(pairs, own[:, None, :], temperature or self.options.smoothing)
            picked.append(pool[judged.argmin(1)])
        return torch.cat(picked)

    def final(self, device: Device, wishes: Tensor, known: Tensor) -> Tensor:
        """The answer to wishes ``(P, M)``: refined, or a known row where it is judged better."""
        targets = self.landscape.targets([device])
        wishes = wishes[None]
        pool = torch.cat([self.refined(targets, wishes, temperature=_SHARP), known])
        return self.best_of(population.unique_rows(pool), targets, wishes, temperature=_SHARP)

    def worth_a_query(
        self,
        devices: Sequence[Device],
        wishes: Tensor,
        optimism: float,
        known: Tensor,
        generator: torch.Generator,
    ) -> Tensor:
        """Unevaluated rows that are best by an optimistic bound for ``(T, P, M)`` wishes.

        Refined answers, everything one choice away from them and a few random rows
        compete; where an answer is known already, its best rival is proposed.
        """
        targets = self.landscape.targets(devices)
        answers = self.refined(targets, wishes, optimism)
        near = [population.neighbours(self.problem.choices, row) for row in answers.tolist()]
        drawn = population.sample(self.problem.choices, _EXPLORED, generator)
        found = population.unique_rows(torch.cat([answers, *near, drawn]))
        seen = set(map(tuple, known.tolist()))
        found = found[torch.tensor([tuple(row) not in seen for row in found.tolist()])]
        pool = found[torch.randperm(len(found), generator=generator)[:_POOL]]
        if len(pool) == 0:
            return pool
        return population.unique_rows(self.best_of(pool, targets, wishes, optimism))
