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
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import flop_registry

_FREE = frozenset(
    """view _unsafe_view reshape t transpose permute expand slice select unsqueeze squeeze detach
    alias split chunk unbind as_strided empty empty_strided lift_fresh split_with_sizes
    _reshape_alias""".split()
)
"""Operators that only relabel memory: no kernel, no traffic."""

_FILLING = frozenset("fill_ zero_ copy_ normal_ uniform_ random_ erfinv_ mul_ add_ clamp_".split())
"""Operators that initialise weights in place."""


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


@attrs.frozen
class _Kernel:
    """What one operator does to operands of one description.

    Attributes:
        flops, elements, alive: As in ``Workload``, of this kernel.
        results: Size, stride and dtype of each result; ``None`` where the results
            share memory with operands or are no tensors.
        single: Whether the operator returns its one result bare.
    """

    flops: float
    elements: int
    alive: int
    results: tuple[tuple[torch.Size, tuple[int, ...], torch.dtype], ...] | None
    single: bool

    def outputs(self) -> Any:
        """Fresh results on ``meta``."""
        assert self.results is not None
        made = [torch.empty_strided(s, t, dtype=d, device="meta") for s, t, d in self.results]
        return made[0] if self.single else tuple(made)


class Tracer:
    """Records workloads; remembers every kernel, as the networks of one space repeat them.

    Working out a result's shape on ``meta`` takes most of a trace. The memory
    makes the second and every later network several times cheaper.
    """

    def __init__(self) -> None:
        self._kernels: dict[Hashable, _Kernel] = {}

    def build(self, make: Callable[[], nn.Module]) -> nn.Module:
        """Call a network's constructor on ``meta``, where filling in weights is skipped."""
        with _NoFilling(), torch.device("meta"):
            return make()

    def trace(self, network: nn.Module, inputs: Any) -> Workload:
        """Run a network built on ``meta`` once and record what it executes.

        Args:
            network: A module whose parameters are on the ``meta`` device.
            inputs: Example inputs (moved to ``meta`` here).
        """
        weights = list(network.parameters())
        recorder = _Recorder({_memory(w) for w in (*weights, *network.buffers())}, self._kernels)
        moved = tree_map(lambda x: x.to("meta") if isinstance(x, Tensor) else x, inputs)
        network.eval()
        with torch.no_grad(), _PlainAttention(), recorder:
            network(moved)
        return Workload(
            flops=torch.tensor([k.flops for k in recorder.kernels], dtype=torch.float64),
            elements=torch.tensor([k.elements for k in recorder.kernels], dtype=torch.float64),
            parameters=sum(weight.numel() for weight in weights),
            peak_elements=max((k.alive for k in recorder.kernels), default=0),
        )


def trace(network: nn.Module, inputs: Any) -> Workload:
    """As ``Tracer.trace``, for a single network."""
    return Tracer().trace(network, inputs)


class _Mode(TorchDispatchMode):
    """A dispatch mode that is never compiled."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise torch wraps every dispatch to shield it from its compiler, which takes
        # seconds to import and then half of a trace. Older versions never ask.
        return False


class _Recorder(_Mode):
    """Notes what every kernel costs.

    Args:
        constants: Memory of weights and buffers, which are no activations.
        known: Kernels met before, added to here.
    """

    def __init__(self, constants: set[int], known: dict[Hashable, _Kernel]) -> None:
        super().__init__()
        self.kernels: list[_Kernel] = []
        self._constants = constants
        self._known = known

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func._overloadpacket.__name__ in _FREE:
            return func(*args, **kwargs)
        tensors: list[Tensor] = []
        key = (func, self._describe(args, tensors), self._describe(kwargs, tensors))
        kernel = self._known.get(key)
        if kernel is not None and kernel.results is not None:
            self.kernels.append(kernel)
            return kernel.outputs()
        out = func(*args, **kwargs)
        kernel = self._measure(func, args, kwargs, tensors, out)
        self._known[key] = kernel
        self.kernels.append(kernel)
        return out

    def _describe(self, value: Any, tensors: list[Tensor]) -> Hashable:
        """A hashable stand-in for operands; the tensors among them are collected."""
        if isinstance(value, Tensor):
            tensors.append(value)
            constant = _memory(value) in self._constants
            return (value.shape, value.stride(), value.dtype, constant)
        if isinstance(value, list | tuple):
            return tuple([self._describe(item, tensors) for item in value])
        if isinstance(value, dict):
            return tuple([(name, self._describe(v, tensors)) for name, v in value.items()])
        return (type(value), value)

    def _measure(
        self, func: Any, args: Any, kwargs: Any, tensors: list[Tensor], out: Any
    ) -> _Kernel:
        results = [out] if isinstance(out, Tensor) else list(out or ())
        written = [result for result in results if isinstance(result, Tensor)]
        read = tensors
        if func._overloadpacket.__name__ == "embedding":  # reads the rows it returns, no more
            read = [tensors[1], *written]
        count = flop_registry.get(func._overloadpacket)
        fresh = (
            not func._schema.is_mutable
            and all(result.alias_info is None for result in func._schema.returns)
            and len(written) == len(results)
        )
        moved = [*read, *written]
        return _Kernel(
            flops=float(count(*args, **kwargs, out_val=out)) if count else 0.0,
            elements=sum(tensor.numel() for tensor in moved),
            alive=sum(t.numel() for t in moved if _memory(t) not in self._constants),
            results=tuple((t.shape, t.stride(), t.dtype) for t in written) if fresh else None,
            single=isinstance(out, Tensor),
        )


class _NoFilling(_Mode):
    """Skips the filling in of weights: on ``meta`` there is nothing to fill."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket.__name__ in _FILLING and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


class _PlainAttention(TorchFunctionMode):
    """Records attention as three kernels: product, softmax, product.

    What torch runs differs between its backends, and the one for ``meta`` even
    computes the causal mask anew. Masks are counted as part of the softmax.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return _attend(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _attend(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> Tensor:
    """Attention of ``(..., H, T, S)`` on ``meta``; key and value may have fewer heads."""
    lead, (length, size) = query.shape[:-2], query.shape[-2:]
    heads = lead.numel()
    first = query.new_empty(heads, length, size)
    second = query.new_empty(heads, size, key.shape[-2])
    third = query.new_empty(heads, key.shape[-2], value.shape[-1])
    mixed = torch.bmm(torch.softmax(torch.bmm(first, second), dim=-1), third)
    return mixed.view(*lead, length, value.shape[-1])


def _memory(tensor: Tensor) -> int:
    """Identity of the memory behind a tensor, shared by all its views."""
    return tensor.untyped_storage()._cdata
