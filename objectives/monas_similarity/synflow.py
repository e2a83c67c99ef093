"""Synaptic flow: how much every weight of an untrained network carries to its outputs.

Tanaka et al., "Pruning neural networks without any data by iteratively conserving synaptic flow",
NeurIPS 2020 (arXiv 2006.05467), equation 2; as a score of architectures in Abdelfattah et al.,
ICLR 2021 (arXiv 2101.08134).

Deviation: the natural logarithm of the sum, which ranks alike and keeps numbers readable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Task
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value
from monas_similarity.fresh import fresh


class SynapticFlow(Objective):
    """Logarithm of the sum over weights of |w * dR/dw|, R the output of ones through |w|.

    Args:
        task: Whose samples have the shape of the ones.

    Raises:
        UsageError: They are no real numbers.
    """

    name: ClassVar[str] = "synflow"
    short: ClassVar[str] = "synflow"
    unit: str = "log"
    direction: Direction = "max"
    query: ClassVar[bool] = True
    stands_in: ClassVar[bool] = True

    def __init__(self, task: Task | None = None) -> None:
        super().__init__(task)
        leaves = [] if task is None else tree_leaves(task.example(1))
        if task is not None and not all(map(_real, leaves)):
            raise UsageError(
                f'Objective "synflow" sends ones through a network, and the inputs of task '
                f'"{task.name}" are no real numbers; leave it out, or take nwot.'
            )

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",  # noqa: ARG002 - it reads no data
    ) -> list[Value]:
        """One forward and backward pass per architecture, in double precision."""
        ones = tree_map(_ones, context.example(1))
        found = [_flow(fresh(context, a).double().eval(), ones) for a in architectures]
        return [Value(value, self.unit, "measured") for value in found]


def _ones(leaf: object) -> object:
    return torch.ones_like(leaf, dtype=torch.float64) if isinstance(leaf, Tensor) else leaf


def _real(leaf: object) -> bool:
    return isinstance(leaf, Tensor) and leaf.is_floating_point()


def _flow(network: nn.Module, ones: object) -> float:
    """Batch norms are in evaluation mode: their fresh statistics let everything pass."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.abs_()
    with torch.enable_grad():
        outputs = network(ones)
        total = torch.stack([t.sum() for t in tree_leaves(outputs) if isinstance(t, Tensor)]).sum()
        total.backward()
    flows = [(w.detach() * w.grad).abs().sum() for w in network.parameters() if w.grad is not None]
    return math.log(max(float(torch.stack(flows).sum()), 1e-300))
