"""What a predictor of quality is told of an architecture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from monas_core.parts.space import SearchSpace
from monas_core.values.choices import ChoiceSet, families
from monas_core.values.relaxation import Relaxation

_WAVES = 2
"""Slowest waves along a family; more gained nothing."""


class Description:
    """Columns ``(n, D)`` about architectures: options, families of options, what the space adds.

    Choices with the same options, such as the kernel sizes of all blocks, are a family. Of each
    of its options a family has a sum over its choices, and weighted sums that tell early choices
    from late ones. What an option does everywhere is then learnt from all choices at once, and what
    it does in one of them as a departure from that, as in a multilevel model (Gelman and Hill,
    2007, chapter 12).

    Attributes:
        groups: ``(D,)`` int64, which columns share a scale: the options of one choice, and
            every further column by itself.
        families: ``(G,)`` int64, which groups are of one kind and have similar scales.
        further: Number of columns beyond the options; they come last.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        choices = space.choices
        corner = Relaxation.from_population(choices, torch.zeros(1, len(choices), dtype=torch.long))
        known = space.describe(corner).shape[1]
        members = families(choices)
        waves = [_waves(choices, family) for family in members]
        self._sums = torch.cat(waves, dim=1)
        alike = torch.zeros(len(choices), dtype=torch.int64)
        for number, family in enumerate(members):
            alike[family] = number
        further = torch.tensor([wave.shape[1] for wave in waves] + [known])
        kinds = torch.arange(len(further)).repeat_interleave(further)
        self.families = torch.cat([alike, len(members) + kinds])
        self.further = len(kinds)
        own = torch.repeat_interleave(torch.arange(len(choices)), torch.tensor(choices.sizes))
        self.groups = torch.cat([own, len(choices) + torch.arange(len(kinds))])

    def __call__(self, relaxation: Relaxation) -> Tensor:
        """Of relaxed architectures, differentiable in their weights."""
        options = relaxation.features()
        known = self._space.describe(relaxation)
        return torch.cat([options, options @ self._sums.to(options), known.to(options)], dim=1)

    def rows(self, rows: Tensor) -> Tensor:
        """Of a population ``(n, C)``, float32."""
        return self(Relaxation.from_population(self._space.choices, rows)).float()


def _waves(choices: ChoiceSet, family: list[int]) -> Tensor:
    """Weights ``(F, W)`` that sum the options of a family; none of a family of one choice.

    Cosines of 0, 1/2 and 1 period along its m choices, the first of a discrete cosine
    transform (type II, orthonormal): of independent choices every sum varies as much as one.
    """
    count, size = len(family), choices.sizes[family[0]]
    starts = [0, *torch.tensor(choices.sizes).cumsum(0).tolist()]
    waves = min(_WAVES + 1, count) if count > 1 else 0
    weights = torch.zeros(starts[-1], waves, size)
    for place, member in enumerate(family):
        for wave in range(waves):
            height = math.cos(math.pi * wave * (place + 0.5) / count)
            height *= math.sqrt((2.0 if wave else 1.0) / count)
            weights[starts[member] : starts[member + 1], wave] = height * torch.eye(size)
    return weights.flatten(1)
