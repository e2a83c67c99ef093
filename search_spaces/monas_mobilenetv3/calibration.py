"""What the statistics of a supernet's norms are taken from when it is not in training."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import torch
from torch import Tensor, nn

from monas_core.parts.task import Task
from monas_core.seeding import derived_generator
from monas_mobilenetv3.norms import GroupNorms, Norm, Statistics

KEPT = 256
"""Subnets whose statistics are remembered: enough for a measurement in rounds."""


class Calibration:
    """Fixed training images, and the statistics they have in the subnets asked for of late.

    Args:
        task: Where the images come from, on first use.
        size: How many.
    """

    def __init__(self, task: Task, size: int) -> None:
        self._task = task
        self._size = size
        self._images: Tensor | None = None
        self._known: OrderedDict[Hashable, Statistics] = OrderedDict()
        self._weights: Hashable = None

    def statistics(
        self, key: Hashable, network: nn.Module, run: Callable[[Tensor, Norm], Tensor]
    ) -> Statistics:
        """Moments of every norm of one subnet or mixture, remembered until a weight changes.

        Args:
            key: What names the subnet or mixture.
            network: Whose weights it has.
            run: Its forward pass over images with norms given; one group.
        """
        weights = _versions(network)
        if weights != self._weights:
            self._known.clear()
            self._weights = weights
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found: Statistics = {}
        # results outlive the call, so they must not be tensors of an inference mode around it
        with torch.inference_mode(mode=False), torch.no_grad():
            run(self._images_like(next(network.parameters())), GroupNorms(noted=found))
        self._known[key] = found
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found

    def _images_like(self, weight: Tensor) -> Tensor:
        """The images (size, C, H, W) in the precision and place of a weight."""
        if self._images is None:
            generator = derived_generator(0, "calibration")
            self._images = self._task.batch("train", self._size, generator).inputs
        assert self._images is not None
        return self._images.to(weight)


def _versions(network: nn.Module) -> Hashable:
    """Changes with every update of a weight and every move of one."""
    return tuple((p.data_ptr(), p._version) for p in network.parameters())
