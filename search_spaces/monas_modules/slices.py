"""A network without some of its channels and blocks: which entries stay, smaller modules."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd


@attrs.frozen
class Slot:
    """Where the channels of a group lie in one tensor.

    Attributes:
        tensor: Name of a parameter or buffer.
        dim: Along which dimension.
        pairs: Channel and place, one pair for each place; a channel may have several.
    """

    tensor: str
    dim: int
    pairs: tuple[tuple[int, int], ...]


@attrs.define(slots=False, frozen=True, eq=False)
class Group:
    """Channels that can only go together in all of these tensors.

    Attributes:
        name: Of the layer that makes them.
        size: Number of channels.
        slots: Where they lie.
    """

    name: str
    size: int
    slots: tuple[Slot, ...]

    @cached_property
    def layers(self) -> frozenset[str]:
        """Names of the modules that have them."""
        return frozenset(slot.tensor.rpartition(".")[0] for slot in self.slots)


Kept = Mapping[str, Sequence[int]]
"""Channels that stay, by name of the group."""
Places = dict[str, dict[int, Tensor]]
"""Entries that stay along some dimensions, by name of a tensor."""


def places(network: nn.Module, groups: Iterable[Group], kept: Kept) -> Places:
    """Which entries of each tensor stay."""
    sizes = {name: tensor.shape for name, tensor in _tensors(network).items()}
    stays: dict[tuple[str, int], Tensor] = {}
    for group in groups:
        staying = set(kept[group.name])
        for slot in group.slots:
            mask = stays.setdefault(
                (slot.tensor, slot.dim),
                torch.ones(sizes[slot.tensor][slot.dim], dtype=torch.bool, device="cpu"),
            )
            for channel, place in slot.pairs:
                if channel not in staying:
                    mask[place] = False
    found: Places = {}
    for (name, dim), mask in stays.items():
        if not bool(mask.all()):
            found.setdefault(name, {})[dim] = mask.nonzero().flatten()
    return found


def part(tensor: Tensor, along: Mapping[int, Tensor]) -> Tensor:
    """The entries of a tensor that stay; gradients reach the whole."""
    for dim, index in along.items():
        tensor = tensor.index_select(dim, index.to(tensor.device))
    return tensor


def narrowed(
    network: nn.Module, groups: Sequence[Group], kept: Kept, removed: Iterable[str]
) -> nn.Module:
    """A copy with copies of the entries that stay, and identities in place of blocks.

    Args:
        network: The whole; also on ``meta``.
        groups: Its channel groups.
        kept: Which channels stay.
        removed: Names of blocks that go.
    """
    smaller = copy.deepcopy(network)
    fit(smaller, places(network, groups, kept))
    for name in removed:
        above, _, own = name.rpartition(".")
        setattr(smaller.get_submodule(above), own, nn.Identity())
    return smaller


def fit(network: nn.Module, found: Places) -> None:
    """Cut the tensors of a network in place and tell its layers their new sizes."""
    tensors = _tensors(network)
    for name, along in found.items():
        above, _, own = name.rpartition(".")
        layer, old = network.get_submodule(above), tensors[name]
        with torch.no_grad():
            value = part(old.detach(), along).clone()
        if isinstance(old, nn.Parameter):
            layer._parameters[own] = nn.Parameter(value, requires_grad=old.requires_grad)
        else:
            layer._buffers[own] = value
    for layer in network.modules():
        _tell(layer)


def _tell(layer: Any) -> None:
    """Sizes that a layer keeps beside its weights."""
    if isinstance(layer, _ConvNd):
        depthwise = layer.groups == layer.in_channels == layer.out_channels
        layer.out_channels = layer.weight.shape[0]
        if depthwise and layer.groups > 1:
            layer.groups = layer.in_channels = layer.out_channels
        else:
            layer.in_channels = layer.weight.shape[1] * layer.groups
    elif isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
    elif isinstance(layer, _NormBase):
        known = layer.weight if layer.weight is not None else layer.running_mean
        layer.num_features = len(known) if known is not None else layer.num_features
    elif isinstance(layer, nn.LayerNorm) and layer.weight is not None:
        layer.normalized_shape = tuple(layer.weight.shape)


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def importance(network: nn.Module, group: Group) -> Tensor:
    """How much each channel of a group matters ``(n,)``: mean over its layers of the norm of its
    weights, relative to the mean of the layer's channels (Fang et al., arXiv 2301.12900, sec. 3.3).
    """
    weights = dict(network.named_parameters())
    total = torch.zeros(group.size)
    for slot in group.slots:
        weight = weights.get(slot.tensor)
        if weight is None or weight.dim() < 2:
            continue
        rows = weight.detach().float().cpu().transpose(0, slot.dim).flatten(1).square().sum(1)
        own = torch.zeros(group.size)
        channels, entries = zip(*slot.pairs, strict=True)
        own.index_add_(0, torch.tensor(channels), rows[torch.tensor(entries)])
        total += own / own.mean().clamp(min=1e-12)
    return total
