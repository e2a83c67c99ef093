"""Which layers, heads and channels of a checkpoint matter, seen on a few samples.

After Muralidharan et al., "Compact Language Models via Pruning and Knowledge Distillation"
(Minitron, arXiv 2407.14679, section 2.2): channels and heads by their activations, layers by what
the network answers without them.

Deviation: an activation counts as much as the weights that read it carry on (Sun et al., Wanda,
arXiv 2306.11695), so that a large value that nobody reads is not taken for an important one. A
layer counts by the divergence from the whole network's answers and not by the loss, so that one
that changes nothing is always the first to go; and of up to eight layers the least important is
left out before the next is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from monas_hf.network import LanguageModel
from monas_hf.roles import Order, Sizes, sort

_GREEDY = 8
"""Layers up to which each one left out is chosen anew."""


@attrs.frozen(eq=False)
class Importance:
    """How much everything matters.

    Attributes:
        hidden: Channels of the residual stream ``(D,)``.
        heads: Query heads of each layer ``(G, Q)``.
        mlp: Hidden units of each layer ``(M,)``.
        layers: Numbers of layers, the most important first.
    """

    hidden: Tensor
    heads: tuple[Tensor, ...]
    mlp: tuple[Tensor, ...]
    layers: tuple[int, ...]


def measured(network: LanguageModel, inputs: Tensor) -> Importance:
    """Run a network on some samples and see.

    Args:
        network: The whole checkpoint, in its own order.
        inputs: Tokens ``(B, T)``.
    """
    with torch.no_grad(), _watching(network) as seen:
        network(inputs)
    heads, mlp = [], []
    for layer, sizes in zip(network.layers, network.shape.layers, strict=True):
        attention, inner = (layer.get_submodule(name) for name in network.family.readers)
        read = (seen[attention] * _carried(attention)).sqrt()  # (G * Q * head,)
        heads.append(read.view(sizes.groups, sizes.queries, network.head).square().sum(-1))
        mlp.append(seen[inner] * _carried(inner))
    norms = [layer.get_submodule(name) for layer in network.layers for name in network.family.norms]
    hidden = torch.stack([seen[norm] for norm in norms]).sum(0)
    with torch.no_grad():
        layers = _layers(network, inputs)
    return Importance(hidden, tuple(heads), tuple(mlp), tuple(layers))


def arrange(network: LanguageModel, importance: Importance, *, hidden: bool) -> None:
    """Put the most important first, everywhere and in place; outputs stay as they are.

    Args:
        network: The whole checkpoint, in its own order.
        importance: Of it.
        hidden: Whether channels of the residual stream are moved too.
    """
    family, head = network.family, network.head
    stream = importance.hidden.argsort(descending=True, stable=True) if hidden else None
    body, name = network.body, family.parts[1]
    with torch.no_grad():
        for own, weight in network.named_parameters():
            if f".{name}." not in own:
                sort(weight, family.roles_of(own), Order(stream), head)
        for layer, heads, mlp in zip(network.layers, importance.heads, importance.mlp, strict=True):
            order = Order(
                stream,
                heads.sum(1).argsort(descending=True, stable=True),
                heads.argsort(dim=1, descending=True, stable=True),
                mlp.argsort(descending=True, stable=True),
            )
            for own, weight in layer.named_parameters():
                sort(weight, family.roles_of(own), order, head)
    body.add_module(name, nn.ModuleList([network.layers[place] for place in importance.layers]))
    network.put_in_order(importance.layers)


def sizes_of(network: LanguageModel, rank: int | None) -> Sizes:
    """What the dimensions of a weight depend on: of a layer, or outside of layers."""
    layer = None if rank is None else network.shape.layers[rank]
    return Sizes(network.shape.hidden, layer, network.head)


def _layers(network: LanguageModel, inputs: Tensor) -> Sequence[int]:
    """Layers, the most important first."""
    every = list(network.in_order)
    wanted = F.log_softmax(network(inputs), dim=-1)

    def without(layer: int, among: Sequence[int]) -> float:
        network.in_order = [other for other in among if other != layer]
        found = F.log_softmax(network(inputs), dim=-1)
        network.in_order = list(every)
        return float(F.kl_div(found, wanted, reduction="sum", log_target=True))

    if len(every) > _GREEDY:
        harm = {layer: without(layer, every) for layer in every}
        return sorted(every, key=lambda layer: -harm[layer])
    left, dropped = list(every), list[int]()
    while len(left) > 1:
        among = list(left)
        least = min(among, key=lambda layer: without(layer, among))
        left.remove(least)
        dropped.append(least)
    return [*left, *reversed(dropped)]


@contextmanager
def _watching(network: LanguageModel) -> Iterator[dict[nn.Module, Tensor]]:
    """While this lasts, mean squares of what norms give and of what readers are given."""
    seen: dict[nn.Module, Tensor] = {}

    def note(module: nn.Module, given: tuple[Any, ...], result: Any) -> None:
        value = result if module in norms else given[0]
        seen[module] = value.detach().flatten(0, -2).square().mean(0)

    layers = network.layers
    norms = {layer.get_submodule(name) for layer in layers for name in network.family.norms}
    readers = {layer.get_submodule(name) for layer in layers for name in network.family.readers}
    handles = [module.register_forward_hook(note) for module in (*norms, *readers)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _carried(layer: nn.Module) -> Tensor:
    """Squared norm of the weights that read each input; ``Conv1D`` keeps inputs first."""
    weight = cast("Tensor", layer.weight).detach()
    return weight.square().sum(0 if isinstance(layer, nn.Linear) else 1)
