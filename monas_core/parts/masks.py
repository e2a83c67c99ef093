"""Masks along the dimensions of weights: what they leave, and how much that is.

Which mask lies along which dimension of which weight is data; so masking, cutting and counting
are written once for every network.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import Tensor

from monas_core.parts.gated import passed
from monas_core.values.architecture import Option

THRESHOLD = 0.5
"""A gate below it is shut (PIT, arXiv 2301.10281)."""


@attrs.frozen(eq=False)
class Mask:
    """What one group of gates leaves of ``n`` things.

    Attributes:
        values: 0 or 1 each, ``(n,)``; gradients reach the gates.
        shares: The same values for counting, ``(n,)``; their gradients may be scaled otherwise.
    """

    values: Tensor
    shares: Tensor

    @property
    def kept(self) -> list[int]:
        """Places that are left."""
        return torch.nonzero(self.values.detach()).flatten().tolist()


class Gate(ABC):
    """A group of gates: how long it is, what it masks, and which choices it answers.

    Attributes:
        length: Number of gates.
    """

    length: int

    @abstractmethod
    def mask(self, gates: Tensor) -> Mask:
        """Of gates ``(length,)``."""

    @abstractmethod
    def answers(self, mask: Mask) -> Mapping[str, Option]:
        """Answers to choices by name."""


@attrs.frozen
class UnitGate(Gate):
    """One gate for each of some units of which a choice says how many there are.

    The number of open gates is rounded up to one that can be chosen; that many of the largest
    gates count as open.

    Attributes:
        choice: Name of the choice.
        counts: Its options, rising; the last is the number of units.
    """

    choice: str
    counts: tuple[int, ...]

    @property
    def length(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of units."""
        return self.counts[-1]

    def mask(self, gates: Tensor) -> Mask:
        """The units of the largest gates; of equal ones the first."""
        sizes = gates.abs()
        count = int((sizes.detach() >= THRESHOLD).sum())
        count = next(known for known in self.counts if known >= count)
        order = torch.sort(sizes.detach(), descending=True, stable=True).indices
        hard = torch.zeros_like(sizes).index_fill(0, order[:count], 1.0)
        values = passed(hard, sizes)
        return Mask(values, values)

    def answers(self, mask: Mask) -> Mapping[str, Option]:
        """How many are left."""
        return {self.choice: len(mask.kept)}


@attrs.frozen
class Axes:
    """Along which dimensions of which weights masks lie.

    Attributes:
        dims: Name of the group by dimension, by name of the weight.
        rests_on: Groups by name of a weight: where one has nothing left, the weight goes too.
        uses: Multiply-accumulates per number of a weight; what is not named takes part in none.
    """

    dims: Mapping[str, Mapping[int, str]]
    rests_on: Mapping[str, str] = attrs.field(factory=dict)
    uses: Mapping[str, int] = attrs.field(factory=dict)


def masked(
    weights: Mapping[str, Tensor], axes: Axes, masks: Mapping[str, Mask]
) -> dict[str, Tensor]:
    """Weights of unchanged shape, zero where something is pruned."""
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        for dim, group in axes.dims.get(name, {}).items():
            shape = [1] * weight.dim()
            shape[dim] = -1
            weight = weight * masks[group].values.view(shape)
        if name in axes.rests_on:
            weight = weight * masks[axes.rests_on[name]].values.amax()
        found[name] = weight
    return found


def remaining(weight: Tensor, dims: Mapping[int, str], masks: Mapping[str, Mask]) -> Tensor:
    """What is left of one weight."""
    for dim, group in dims.items():
        kept = torch.tensor(masks[group].kept, dtype=torch.int64, device=weight.device)
        weight = weight.index_select(dim, kept)
    return weight


def counts(
    shapes: Mapping[str, Sequence[int]], axes: Axes, masks: Mapping[str, Mask]
) -> dict[str, Tensor]:
    """``weights`` and ``operations`` that are left, scalars; exact and differentiable."""
    sums = {group: mask.shares.sum() for group, mask in masks.items()}
    alive = {group: masks[group].values.amax() for group in set(axes.rests_on.values())}
    weights, operations = torch.zeros(()), torch.zeros(())
    for name, shape in shapes.items():
        dims = axes.dims.get(name, {})
        rest = math.prod(size for dim, size in enumerate(shape) if dim not in dims)
        left = torch.tensor(float(rest))
        for group in dims.values():
            left = left * sums[group]
        if name in axes.rests_on:
            left = left * alive[axes.rests_on[name]]
        weights = weights + left
        operations = operations + axes.uses.get(name, 0) * left
    return {"weights": weights, "operations": operations}
