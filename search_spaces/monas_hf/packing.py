"""Matrices of a layer as codes and scales."""

from __future__ import annotations

from typing import Any

from torch import nn

from monas_core.parts.rounding import PackedLinear


def pack(layer: nn.Module, bits: int, inputs: int) -> None:
    """Put packed layers in place of all that have a matrix.

    Args:
        layer: Changed in place.
        bits: 8 or 4.
        inputs: The matrices' dimension of inputs.
    """
    for name, own in list(layer.named_modules()):
        part: Any = own
        weight = getattr(part, "weight", None)
        if weight is None or weight.dim() != 2:
            continue
        above, _, last = name.rpartition(".")
        rows = weight if inputs == 1 else weight.T
        setattr(layer.get_submodule(above), last, PackedLinear(rows, part.bias, bits))
