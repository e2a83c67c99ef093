"""What the entries along each dimension of a weight belong to.

From the role of a dimension follow, for every size of a network, the entries that a sub-network
uses, and for every order of channels and heads, where an entry moves to. One table per family
(``families``) then serves slicing, sorting and filling up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs
import torch
from torch import Tensor

from monas_hf.shapes import Layer

Role = Literal["all", "hidden", "mlp", "query", "key", "packed"]
"""``all``: never cut. ``query``: query heads, group by group. ``key``: key-value heads.
``packed``: queries, keys and values one behind the other, with as many heads each."""


@attrs.frozen
class Sizes:
    """Sizes that the dimensions of one weight depend on.

    Attributes:
        hidden: Of the network.
        layer: Of the layer it lies in; ``None`` outside of layers.
        head: Width of a head.
    """

    hidden: int
    layer: Layer | None
    head: int

    def length(self, role: Role, whole: int) -> int:
        """Entries along a dimension that is ``whole`` long in a role that is never cut."""
        if role == "all":
            return whole
        if role == "hidden":
            return self.hidden
        assert self.layer is not None
        layer, head = self.layer, self.head
        return {
            "mlp": layer.mlp,
            "query": layer.groups * layer.queries * head,
            "key": layer.groups * head,
            "packed": 3 * layer.groups * head,
        }[role]


def leading(weight: Tensor, roles: Sequence[Role], part: Sizes, whole: Sizes) -> Tensor:
    """The part of a weight that a smaller network uses: first channels, groups, queries.

    A view wherever the entries lie so; gradients reach the weight.
    """
    for dimension, role in enumerate(roles):
        length = part.length(role, weight.shape[dimension])
        if length == weight.shape[dimension]:
            continue
        if role == "packed" or (role == "query" and _ragged(part, whole)):
            weight = _leading_heads(weight, dimension, role, part, whole)
        else:
            weight = weight.narrow(dimension, 0, length)
    return weight


def _ragged(part: Sizes, whole: Sizes) -> bool:
    """Whether groups lose queries, so that what stays does not lie together."""
    assert part.layer is not None
    assert whole.layer is not None
    return part.layer.queries != whole.layer.queries


def _leading_heads(weight: Tensor, dim: int, role: Role, part: Sizes, whole: Sizes) -> Tensor:
    assert part.layer is not None
    assert whole.layer is not None
    if role == "packed":
        packs = weight.unflatten(dim, (3, whole.layer.groups * whole.head))
        return packs.narrow(dim + 1, 0, part.layer.groups * part.head).flatten(dim, dim + 1)
    heads = weight.unflatten(dim, (whole.layer.groups, whole.layer.queries, whole.head))
    heads = heads.narrow(dim, 0, part.layer.groups).narrow(dim + 1, 0, part.layer.queries)
    return heads.flatten(dim, dim + 2)


@attrs.frozen(eq=False)
class Order:
    """An order of channels and heads, the most important first; ``None`` leaves them.

    Attributes:
        hidden: ``(D,)`` of the whole network.
        groups: ``(G,)`` of a layer.
        queries: ``(G, Q)`` within each group, in the groups' old numbering.
        mlp: ``(M,)``.
    """

    hidden: Tensor | None = None
    groups: Tensor | None = None
    queries: Tensor | None = None
    mlp: Tensor | None = None

    def index(self, role: Role, head: int) -> Tensor | None:
        """Old places by new ones along a dimension; ``None`` where nothing moves."""
        if role in ("hidden", "mlp"):
            return self.hidden if role == "hidden" else self.mlp
        if role == "all" or self.groups is None:
            return None
        within = torch.arange(head)
        keys = (self.groups[:, None] * head + within).flatten()
        if role == "key":
            return keys
        if role == "packed":
            packs = torch.arange(3)[:, None] * len(self.groups) * head
            return (packs + keys).flatten()
        assert self.queries is not None
        count = self.queries.shape[1]
        heads = self.groups[:, None] * count + self.queries[self.groups]  # (G, Q)
        return (heads.flatten()[:, None] * head + within).flatten()


def sort(weight: Tensor, roles: Sequence[Role], order: Order, head: int) -> None:
    """Move the entries of a weight in place."""
    for dimension, role in enumerate(roles):
        index = order.index(role, head)
        if index is not None:
            weight.copy_(weight.index_select(dimension, index.to(weight.device)))


def filled(weight: Tensor, roles: Sequence[Role], part: Sizes, whole: Sizes) -> Tensor:
    """A weight with zeros for the heads and channels that a larger layer has more."""
    shape = [whole.length(role, size) for role, size in zip(roles, weight.shape, strict=True)]
    places = [
        leading(torch.arange(size), (role,), part, whole)
        for size, role in zip(shape, roles, strict=True)
    ]
    larger = weight.new_zeros(shape)
    larger[torch.meshgrid(*places, indexing="ij")] = weight
    return larger
