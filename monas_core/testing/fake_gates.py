"""Gates on the units of a toy network: where their masks lie, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from monas_core.parts.masks import Axes, Mask, counts, masked, remaining


def axes(whole: nn.Module, groups: list[str]) -> Axes:
    """Of the hidden layers in order, one group of gates for the units of each."""
    dims: dict[str, dict[int, str]] = {"head.weight": {1: groups[-1]}}
    for number, name in enumerate(groups):
        before = {1: groups[number - 1]} if number else {}
        dims[f"layers.{number}.weight"] = {0: name, **before}
        dims[f"layers.{number}.bias"] = {0: name}
    weights = [name for name, _ in whole.named_parameters() if name.endswith("weight")]
    return Axes(dims, uses=dict.fromkeys(weights, 1))


def run(whole: nn.Module, inputs: Tensor, masks: Mapping[str, Mask]) -> Tensor:
    """Outputs of a network of activation tanh, with masks on its units."""
    tensors = masked(dict(whole.named_parameters()), axes(whole, list(masks)), masks)
    activation, whole.activation = whole.activation, "tanh"  # pyright: ignore
    try:
        return functional_call(whole, tensors, (inputs,))
    finally:
        whole.activation = activation  # pyright: ignore[reportAttributeAccessIssue]


def sizes(whole: nn.Module, masks: Mapping[str, Mask]) -> dict[str, Tensor]:
    """Weights and multiply-accumulates."""
    shapes = {name: weight.shape for name, weight in whole.named_parameters()}
    return counts(shapes, axes(whole, list(masks)), masks)


def fill(network: nn.Module, whole: nn.Module, masks: Mapping[str, Mask]) -> None:
    """Copy the weights that are left into a network of their shapes."""
    dims = axes(whole, list(masks)).dims
    source = dict(whole.named_parameters())
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.copy_(remaining(source[name], dims.get(name, {}), masks))
