"""Modes in which networks are built and run on the ``meta`` device, where tensors have no data."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_FILLING = frozenset("fill_ zero_ copy_ normal_ uniform_ random_ erfinv_ mul_ add_ clamp_".split())
"""Operators that initialise weights in place."""


class Mode(TorchDispatchMode):
    """A dispatch mode that is never compiled."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise torch wraps every dispatch to shield it from its compiler, which takes
        # seconds to import and then half of a trace. Older versions never ask.
        return False


class NoFilling(Mode):
    """Skips the filling in of weights: on ``meta`` there is nothing to fill."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket.__name__ in _FILLING and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


class PlainAttention(TorchFunctionMode):
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
