"""Notes what every kernel of a network on ``meta`` costs; ``workload`` sums it up."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

from monas_core.tracing.meta import Mode
from monas_core.tracing.storage import STORED_BITS

_FREE = frozenset(
    """view _unsafe_view reshape t transpose permute expand slice select unsqueeze squeeze detach
    alias split chunk unbind as_strided empty empty_strided new_empty lift_fresh split_with_sizes
    _reshape_alias""".split()
)
"""Operators that only relabel memory: no kernel, no traffic."""


@attrs.frozen
class Kernel:
    """What one operator does to operands of one description.

    Attributes:
        flops, elements, alive, depth, narrow: As in ``Workload``, of this kernel.
        results: Size, stride and dtype of each result; ``None`` where the results
            share memory with operands or are no tensors.
        single: Whether the operator returns its one result bare.
    """

    flops: float
    elements: int
    alive: int
    depth: int
    narrow: tuple[int, ...]
    results: tuple[tuple[torch.Size, tuple[int, ...], torch.dtype], ...] | None
    single: bool

    def outputs(self) -> Any:
        """Fresh results on ``meta``."""
        assert self.results is not None
        made = [torch.empty_strided(s, t, dtype=d, device="meta") for s, t, d in self.results]
        return made[0] if self.single else tuple(made)


class Recorder(Mode):
    """Notes what every kernel costs.

    Args:
        constants: Memory of weights and buffers, which are no activations; bits of each.
        known: Kernels met before, added to here.
    """

    def __init__(self, constants: Mapping[int, int], known: dict[Hashable, Kernel]) -> None:
        super().__init__()
        self.kernels: list[Kernel] = []
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
            constant = self._constants.get(memory_of(value))
            return (value.shape, value.stride(), value.dtype, constant)
        if isinstance(value, list | tuple):
            return tuple([self._describe(item, tensors) for item in value])
        if isinstance(value, dict):
            return tuple([(name, self._describe(v, tensors)) for name, v in value.items()])
        return (type(value), value)

    def _measure(
        self, func: Any, args: Any, kwargs: Any, tensors: list[Tensor], out: Any
    ) -> Kernel:
        results = list(out) if isinstance(out, list | tuple) else [out]
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
        alive = {  # an operand may appear twice, and be the result as well
            (memory_of(t), t.storage_offset(), t.numel()): t.numel()
            for t in (*tensors, *written)
            if memory_of(t) not in self._constants
        }
        return Kernel(
            flops=float(count(*args, **kwargs, out_val=out)) if count else 0.0,
            elements=sum(tensor.numel() for tensor in moved),
            alive=sum(alive.values()),
            narrow=tuple(self._narrow(read, bits) for bits in STORED_BITS),
            depth=_depth(func._overloadpacket.__name__, args) if count else 0,
            results=tuple((t.shape, t.stride(), t.dtype) for t in written) if fresh else None,
            single=isinstance(out, Tensor),
        )

    def _narrow(self, read: list[Tensor], bits: int) -> int:
        return sum(t.numel() for t in read if self._constants.get(memory_of(t)) == bits)


def _depth(name: str, args: Any) -> int:
    """Numbers that each product of a matrix-like kernel sums over, kernel positions aside."""
    if name == "convolution":
        x, weight, transposed, groups = args[0], args[1], args[6], args[8]
        return x.shape[1] // groups if transposed else weight.shape[1]
    if name in _PRODUCTS:
        return args[_PRODUCTS[name]].shape[-1]
    return 0


_PRODUCTS = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1}
"""Position of the left factor among the operands."""


def memory_of(tensor: Tensor) -> int:
    """Identity of the memory behind a tensor, shared by all its views."""
    return tensor.untyped_storage()._cdata
