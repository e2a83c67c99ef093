"""What a person wants: a point on the simplex over the objectives of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from monas_core.errors import UsageError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@attrs.frozen
class Preference:
    """Weights over named objectives: finite, none negative, sum 1."""

    weights: tuple[tuple[str, float], ...]

    @classmethod
    def normalised(cls, weights: Mapping[str, float], objectives: Sequence[str]) -> Preference:
        """Scale non-negative weights to sum 1; objectives left out weigh 0.

        Raises:
            UsageError: An unknown objective, a negative or non-finite weight, or sum zero.
        """
        shown = ", ".join(f"{name}={value:g}" for name, value in weights.items())
        for name, value in weights.items():
            if name not in objectives:
                raise UsageError(
                    f'Preference names "{name}", which is no objective of this run; '
                    f"it has: {', '.join(objectives)}."
                )
            if not math.isfinite(value) or value < 0:
                raise UsageError(
                    f"A preference must be a finite number of at least 0, got {shown}; "
                    f'change the weight of "{name}".'
                )
        total = sum(weights.values())
        if total <= 0:
            raise UsageError(
                f"A preference must have a positive sum, got {shown or 'no weights'}; "
                "give at least one objective a weight above 0."
            )
        return cls(tuple((name, float(weights.get(name, 0.0)) / total) for name in objectives))

    @property
    def vector(self) -> tuple[float, ...]:
        """The weights in the order of the run's objectives."""
        return tuple(weight for _, weight in self.weights)

    def to_json(self) -> dict[str, float]:
        """Weights by objective name."""
        return dict(self.weights)


def lattice(objectives: Sequence[str], divisions: int) -> list[Preference]:
    """All preferences whose weights are multiples of ``1/divisions`` (Das and Dennis, 1998)."""

    def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
        if parts == 1:
            yield (total,)
            return
        for head in range(total, -1, -1):
            for tail in compositions(total - head, parts - 1):
                yield (head, *tail)

    return [
        Preference(tuple(zip(objectives, (part / divisions for part in point), strict=True)))
        for point in compositions(divisions, len(objectives))
    ]


def lattice_of_size(objectives: Sequence[str], at_least: int) -> list[Preference]:
    """The coarsest lattice with at least this many preferences."""
    if len(objectives) == 1:
        return [Preference(((objectives[0], 1.0),))]
    divisions = 1
    while math.comb(divisions + len(objectives) - 1, len(objectives) - 1) < at_least:
        divisions += 1
    return lattice(objectives, divisions)


def sample_simplex(
    shape: Sequence[int], n_objectives: int, concentration: float, generator: torch.Generator
) -> Tensor:
    """Symmetric Dirichlet draws, ``(*shape, n_objectives)``; concentration 1 is uniform."""
    import torch

    rate = torch.full((*shape, n_objectives), concentration)
    gamma = torch._standard_gamma  # pyright: ignore[reportPrivateImportUsage]
    draws = gamma(rate, generator=generator).clamp_min(1e-12)  # the only one with a generator
    return draws / draws.sum(-1, keepdim=True)
