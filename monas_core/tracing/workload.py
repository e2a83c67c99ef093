"""What a network executes: one row of FLOPs and elements moved per kernel.

Found by running the network once on the ``meta`` device, so that every space,
a stranger's too, can be costed on every modelled device without weights and
without a description of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from monas_core.tracing.meta import NoFilling, PlainAttention
from monas_core.tracing.recorder import Kernel, Recorder, memory_of
from monas_core.tracing.storage import FULL, STORED_BITS, stored_bits


@attrs.frozen(eq=False)
class Workload:
    """Cost of one forward pass, batch included; arrays have one entry per kernel.

    Attributes:
        flops: Floating-point operations of each matrix-like kernel, 0 for others
            (2 per multiply-accumulate, as ``torch.utils.flop_counter`` counts).
        elements: Tensor elements read plus written by each kernel.
        parameters: Number of weights of the network (tied weights once).
        peak_elements: Largest number of activation elements alive in one kernel.
        narrow: Elements of weights that each kernel reads in 8 and in 4 bits, ``(kernels, 2)``;
            ``None`` where there are none.
        narrow_parameters: Weights that are kept in 8 and in 4 bits.
        depths: What a matrix-like kernel sums over, kernel positions aside: input channels per
            group of a convolution, inner dimension of a product; 0 for other kernels. ``None``
            where it was not recorded.
    """

    flops: Tensor
    elements: Tensor
    parameters: int
    peak_elements: int
    depths: Tensor | None = None
    narrow: Tensor | None = None
    narrow_parameters: tuple[int, ...] = (0, 0)

    @property
    def total_flops(self) -> float:
        """FLOPs of the whole pass."""
        return float(self.flops.sum())

    def bytes_moved(self, width: int) -> Tensor:
        """Bytes that each kernel reads and writes ``(kernels,)``, ``width`` of them per element
        but for weights that are kept in fewer bits."""
        moved = self.elements * width
        return moved if self.narrow is None else moved - self.narrow @ _saved(width)

    def weight_bytes(self, width: int) -> float:
        """Bytes of the weights, ``width`` of them each where they are not kept in fewer bits."""
        narrow = torch.tensor(self.narrow_parameters, dtype=torch.float64)
        return self.parameters * width - float(narrow @ _saved(width))


def _saved(width: int) -> Tensor:
    """Bytes that a weight saves in 8 and in 4 bits where others take ``width``, ``(2,)``."""
    return torch.tensor(
        [max(0.0, width - bits / 8) for bits in STORED_BITS.values()], dtype=torch.float64
    )


class Tracer:
    """Records workloads; remembers every kernel, as the networks of one space repeat them.

    Working out a result's shape on ``meta`` takes most of a trace. The memory
    makes the second and every later network several times cheaper.
    """

    def __init__(self) -> None:
        self._kernels: dict[Hashable, Kernel] = {}

    def build(self, make: Callable[[], nn.Module]) -> nn.Module:
        """Call a network's constructor on ``meta``, where filling in weights is skipped."""
        with NoFilling(), torch.device("meta"):
            return make()

    def trace(self, network: nn.Module, inputs: Any) -> Workload:
        """Run a network built on ``meta`` once and record what it executes.

        Args:
            network: A module whose parameters are on the ``meta`` device.
            inputs: Example inputs (moved to ``meta`` here).
        """
        weights, bits = dict(network.named_parameters()), stored_bits(network)
        constants = {memory_of(buffer): FULL for buffer in network.buffers()}
        constants |= {memory_of(w): bits.get(name, FULL) for name, w in weights.items()}
        recorder = Recorder(constants, self._kernels)
        moved = tree_map(lambda x: x.to("meta") if isinstance(x, Tensor) else x, inputs)
        network.eval()
        with torch.no_grad(), PlainAttention(), recorder:
            network(moved)
        few = {b: sum(weights[n].numel() for n, x in bits.items() if x == b) for b in STORED_BITS}
        narrow = torch.tensor([k.narrow for k in recorder.kernels], dtype=torch.float64)
        return Workload(
            flops=torch.tensor([k.flops for k in recorder.kernels], dtype=torch.float64),
            elements=torch.tensor([k.elements for k in recorder.kernels], dtype=torch.float64),
            parameters=sum(weight.numel() for weight in weights.values()),
            peak_elements=max((k.alive for k in recorder.kernels), default=0),
            depths=torch.tensor([k.depth for k in recorder.kernels], dtype=torch.float64),
            narrow=narrow if bits else None,
            narrow_parameters=tuple(few.values()),
        )


def trace(network: nn.Module, inputs: Any) -> Workload:
    """As ``Tracer.trace``, for a single network."""
    return Tracer().trace(network, inputs)
