"""What each set of gates is to make small: a weighted sum of its heads' losses, and of edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import torch
from torch import Tensor

from monas_core.parts.heads import MultiTask, head_of
from monas_core.parts.objective import Objective
from monas_core.values.preference import lattice_of_size


@attrs.frozen(eq=False)
class Aims:
    """Weights of T sets of gates.

    Attributes:
        heads: ``(T, H)``, in the order of the task's heads.
        price: ``(T,)``, of open gates.
    """

    heads: Tensor
    price: Tensor

    def __len__(self) -> int:
        return len(self.price)

    def loss(self, task: MultiTask, found: Mapping[str, Tensor], usual: Tensor) -> Tensor:
        """Of each set, ``(T,)``, from losses ``(T * S,)`` by head, each over what is usual."""
        columns = [found[head.name].reshape(len(self), -1).mean(1) for head in task.heads]
        return (self.heads * torch.stack(columns, 1) / usual).sum(1)


def aims_of(objectives: Sequence[Objective], task: MultiTask, count: int) -> Aims:
    """Weights that follow a lattice of preferences.

    Whatever is no score of a head counts as a price of open gates: edges, weights and latency all
    grow with them.
    """
    owners = [head_of(task, objective.score) for objective in objectives]
    names = [head.name for head in task.heads]
    lattice = lattice_of_size([objective.short for objective in objectives], count)
    weights = torch.tensor([preference.vector for preference in lattice], dtype=torch.float32)
    if count == 1:
        weights = torch.full((1, len(objectives)), 1.0 / len(objectives))
    zero = weights.new_zeros(len(weights))
    heads = [
        sum((weights[:, i] for i, owner in enumerate(owners) if owner == name), zero)
        for name in names
    ]
    price = sum((weights[:, i] for i, owner in enumerate(owners) if owner is None), zero)
    return Aims(torch.stack(heads, 1), price)
