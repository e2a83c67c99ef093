"""What the statistics of a supernet's norms are taken from when it is not in training.

Statistics belong to a subnet and never to the supernet: averaged over subnets they would be
those of none (Yu and Huang, arXiv 1903.05134, section 3.4). A fixed batch of training samples
is sent through the very subnet that is asked for, and what its norms saw is remembered until a
weight changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from monas_core.parts.task import Task
from monas_core.seeding import derived_generator

KEPT = 256
"""Subnets whose statistics are remembered: enough for a measurement in rounds."""

Found = TypeVar("Found")


class Calibration(Generic[Found]):
    """Fixed training samples, and the statistics they have in the subnets asked for of late.

    Args:
        task: Where the samples come from, on first use.
        size: How many.
        generator: What draws them; by default the same samples in every run.
    """

    def __init__(self, task: Task, size: int, generator: torch.Generator | None = None) -> None:
        self._task = task
        self._size = size
        self._generator = generator or derived_generator(0, "calibration")
        self._inputs: Any = None
        self._known: OrderedDict[Hashable, Found] = OrderedDict()
        self._weights: Hashable = None

    def statistics(self, key: Hashable, network: nn.Module, run: Callable[[Any], Found]) -> Found:
        """Statistics of one subnet or mixture, remembered until a weight changes.

        Args:
            key: What names the subnet or mixture.
            network: Whose weights it has.
            run: From the calibration inputs to the statistics; called without gradients.
        """
        weights = versions(network)
        if weights != self._weights:
            self._known.clear()
            self._weights = weights
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        # results outlive the call, so they must not be tensors of an inference mode around it
        with torch.inference_mode(mode=False), torch.no_grad():
            found = run(self.inputs(next(network.parameters())))
        self._known[key] = found
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found

    def inputs(self, like: Tensor) -> Any:
        """The samples, in the precision and place of a weight."""
        if self._inputs is None:
            self._inputs = self._task.batch("train", self._size, self._generator).inputs
        return placed(self._inputs, like)


def placed(tree: Any, like: Tensor) -> Any:
    """Every tensor of a tree where a weight is; those of real numbers in its precision too."""

    def move(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return leaf.to(like) if leaf.is_floating_point() else leaf.to(like.device)

    return tree_map(move, tree)


def versions(network: nn.Module) -> Hashable:
    """Changes with every update of a weight and every move of one."""
    return tuple((p.data_ptr(), p._version) for p in network.parameters())
