"""How an operator of a traced program is written in Python.

Where torch has a name that people read (``F.linear``, ``x.transpose``), it is used, and
where not, the operator itself (``torch.ops.aten...``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch

_FUNCTIONS = {
    "linear.default": "F.linear",
    "gelu.default": "F.gelu",
    "relu.default": "F.relu",
    "silu.default": "F.silu",
    "hardswish.default": "F.hardswish",
    "hardsigmoid.default": "F.hardsigmoid",
    "conv1d.default": "F.conv1d",
    "conv2d.default": "F.conv2d",
    "avg_pool2d.default": "F.avg_pool2d",
    "max_pool2d.default": "F.max_pool2d",
    "adaptive_avg_pool2d.default": "F.adaptive_avg_pool2d",
    "scaled_dot_product_attention.default": "F.scaled_dot_product_attention",
    "cat.default": "torch.cat",
    "stack.default": "torch.stack",
    "where.self": "torch.where",
}
"""Operators whose arguments are those of the function, in the same order."""

_METHODS = frozenset(
    "view reshape transpose permute unbind unsqueeze squeeze expand contiguous flatten mean sum "
    "softmax log_softmax sigmoid tanh masked_fill chunk split matmul neg sqrt rsqrt exp cumsum "
    "tril triu clamp unflatten repeat view_as".split()
)
"""Operators that are methods of their first argument, with the same further arguments."""

_INFIX = {
    **{f"{name}.Tensor": sign for name, sign in (("add", "+"), ("sub", "-"), ("mul", "*"))},
    **{f"{name}.Scalar": sign for name, sign in (("ne", "!="), ("eq", "=="), ("lt", "<"))},
    "div.Tensor": "/",
    "bitwise_and.Tensor": "&",
    "bitwise_or.Tensor": "|",
}
_ON_SIZES: dict[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.truediv: "/",
    operator.mod: "%",
}
_LARGEST_INT = 2**63 - 1


def expression(target: Any, given: list[str], named: Mapping[str, str]) -> str:
    """Python for a call.

    Args:
        target: What is called: an operator of torch, or one of Python's on sizes.
        given: Arguments, as Python.
        named: Keyword arguments, as Python.
    """
    if target is operator.getitem:
        return f"{given[0]}[{given[1]}]"
    if target in _ON_SIZES:
        return f"{given[0]} {_ON_SIZES[target]} {given[1]}"
    if not isinstance(target, torch._ops.OpOverload):
        return f"{target.__module__}.{target.__name__}({_joined(given, named)})"
    name = str(target).removeprefix("aten.")
    method = name.partition(".")[0]
    special = _SPECIAL.get(name)
    if special is not None and not named:
        return special(given)
    if name in _INFIX and len(given) == 2 and not named:
        return f"{given[0]} {_INFIX[name]} {given[1]}"
    if name in _FUNCTIONS:
        return f"{_FUNCTIONS[name]}({_joined(given, named)})"
    if method in _METHODS:
        return f"{given[0]}.{method}({_joined(given[1:], named)})"
    return f"torch.ops.{target}({_joined(given, named)})"


def _joined(given: list[str], named: Mapping[str, str]) -> str:
    return ", ".join([*given, *(f"{key}={value}" for key, value in named.items())])


def _layer_norm(given: list[str]) -> str:
    return f"F.layer_norm({_joined(given[:5], {})})"


def _embedding(given: list[str]) -> str:
    return f"F.embedding({given[1]}, {given[0]})"


def _size(given: list[str]) -> str:
    return f"{given[0]}.shape[{given[1]}]"


def _slice(given: list[str]) -> str:
    tensor, dimension, start, end, step = [*given, *["0", "None", "None", "1"][len(given) - 1 :]]
    low = "" if start in ("None", "0") else start
    high = "" if end in ("None", str(_LARGEST_INT)) else end
    stride = "" if step == "1" else f":{step}"
    if int(dimension) < 0:
        return f"torch.ops.aten.slice.Tensor({_joined(given, {})})"
    return f"{tensor}[{':, ' * int(dimension)}{low}:{high}{stride}]"


def _batch_norm(given: list[str]) -> str:
    tensor, weight, bias, mean, variance, _, momentum, eps = given[:8]
    return f"F.batch_norm({tensor}, {mean}, {variance}, {weight}, {bias}, False, {momentum}, {eps})"


def _same(given: list[str]) -> str:
    return given[0]


def _in_place(function: str) -> Callable[[list[str]], str]:
    return lambda given: f"F.{function}({_joined(given, {})}, inplace=True)"


_SPECIAL: dict[str, Callable[[list[str]], str]] = {
    "layer_norm.default": _layer_norm,
    "embedding.default": _embedding,
    "sym_size.int": _size,
    "slice.Tensor": _slice,
    "batch_norm.default": _batch_norm,
    "dropout.default": _same,  # the program was traced for inference
    "dropout_.default": _same,
    "alias.default": _same,
    **{
        f"{name}_.default": _in_place(name)
        for name in ("relu", "relu6", "silu", "hardswish", "hardsigmoid")
    },
}
"""Operators that are written in a way of their own, from their arguments without names."""
