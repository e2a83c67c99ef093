"""The most memory that activations take at once.

What a block goes around stays in memory until it is added: a count by kernel, each with its own
operands, does not see that.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Task
from monas_core.tracing.meta import Mode
from monas_core.values.architecture import Architecture
from monas_core.values.bounds import within
from monas_core.values.value import Direction, Split, Value


@attrs.frozen
class Options:
    """Options of the peak of activations.

    Attributes:
        bits: That an activation takes on the board.
    """

    bits: int = 8

    def __attrs_post_init__(self) -> None:
        within("options.objective.peak-activation", 1, 64, bits=self.bits)


class PeakActivation(Objective):
    """Activations alive at once in a pass over one picture, kB (1000 bytes).

    Counted as PyTorch runs the network, without fused kernels. Weights do not count.
    """

    name: ClassVar[str] = "peak-activation"
    short: ClassVar[str] = "peak"
    unit = "kB"
    direction: Direction = "min"

    def __init__(self, task: Task | None = None, options: Options | None = None) -> None:
        super().__init__(task)
        self._bytes = (options or Options()).bits / 8

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Of each architecture: its network is run once, on tensors without data."""
        peaks = [most_alive(context, architecture) for architecture in architectures]
        return [Value(peak * self._bytes / 1e3, self.unit, "modelled") for peak in peaks]


def most_alive(context: Context, architecture: Architecture) -> int:
    """Elements of activations that exist at the same time, the picture included."""
    task = context.require_task()
    with torch.device("meta"), torch.no_grad():
        network = context.space.build(architecture, task).eval()
        picture = task.example(1).to("meta")
        counted = Alive([*network.parameters(), *network.buffers()])
        with counted:
            network(picture.clone())
    return counted.most


class Alive(Mode):
    """Counts the elements of tensors that are made while it is active and still exist.

    Args:
        weights: What does not count, nor what looks into it.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        super().__init__()
        self.now = self.most = 0
        self._known: weakref.WeakSet[Any] = weakref.WeakSet(w.untyped_storage() for w in weights)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator and take note of its results."""
        results = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(results):
            if isinstance(tensor, Tensor) and tensor.untyped_storage() not in self._known:
                storage, size = tensor.untyped_storage(), tensor.numel()
                self._known.add(storage)
                weakref.finalize(storage, self._forget, size)
                self.now += size
                self.most = max(self.most, self.now)
        return results

    def _forget(self, size: int) -> None:
        self.now -= size
