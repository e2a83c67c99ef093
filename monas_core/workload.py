"""What a network executes: one row of FLOPs and elements moved per kernel.

Found by running the network once on the ``meta`` device, so that every space,
a stranger's too, can be costed on every modelled device without weights and
without a description of its own.
"""

from __future__ import annotations

from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import FlopCounterMode

_FREE = frozenset(
    """view _unsafe_view reshape t transpose permute expand slice select unsqueeze squeeze detach
    alias split chunk unbind as_strided empty empty_strided lift_fresh split_with_sizes
    _reshape_alias""".split()
)
"""Operators that only relabel memory: no kernel, no traffic."""


@attrs.frozen(eq=False)
class Workload:
    """Cost of one forward pass, batch included; arrays have one entry per kernel.

    Attributes:
        flops: Floating-point operations of each matrix-like kernel, 0 for others
            (2 per multiply-accumulate, as ``torch.utils.flop_counter`` counts).
        elements: Tensor elements read plus written by each kernel.
        parameters: Number of weights of the network (tied weights once).
        peak_elements: Largest number of activation elements alive in one kernel.
    """

    flops: Tensor
    elements: Tensor
    parameters: int
    peak_elements: int

    @property
    def total_flops(self) -> float:
        """FLOPs of the whole pass."""
        return float(self.flops.sum())


class _Recorder(TorchDispatchMode):
    """Notes operator, elements moved and largest working set of every kernel."""

    def __init__(self, weights: set[int]) -> None:
        super().__init__()
        self.weights = weights
        self.elements: list[int] = []
        self.flops: list[float] = []
        self.peak = 0
        self._counter = FlopCounterMode(display=False)
        self._registry = self._counter.flop_registry

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet.__name__ in _FREE:
            return out
        read = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        written = [leaf for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        if packet.__name__ == "embedding":  # reads the rows it returns, not the table
            read = [read[1], *written]
        self.elements.append(sum(leaf.numel() for leaf in (*read, *written)))
        alive = sum(leaf.numel() for leaf in (*read, *written) if id(leaf) not in self.weights)
        self.peak = max(self.peak, alive)
        count = self._registry.get(packet)
        self.flops.append(float(count(*args, **(kwargs or {}), out_val=out)) if count else 0.0)
        return out


def trace(network: nn.Module, inputs: Any) -> Workload:
    """Run a network built on ``meta`` once and record what it executes.

    Args:
        network: A module whose parameters are on the ``meta`` device.
        inputs: Example inputs (moved to ``meta`` here).
    """
    weights = list(network.parameters())
    recorder = _Recorder({id(weight) for weight in weights})
    moved = tree_map(lambda x: x.to("meta") if isinstance(x, Tensor) else x, inputs)
    network.eval()
    with torch.no_grad(), recorder:
        network(moved)
    return Workload(
        flops=torch.tensor(recorder.flops, dtype=torch.float64),
        elements=torch.tensor(recorder.elements, dtype=torch.float64),
        parameters=sum(weight.numel() for weight in weights),
        peak_elements=recorder.peak,
    )
