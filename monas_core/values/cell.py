"""Cells of nodes and edges with an operation on each edge, as a predictor should see them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NOTHING = "none"
IDENTITY = "skip_connect"
"""The operations that do nothing, by their published names."""

Edges = Sequence[tuple[int, int]]
"""Source and target of each edge; node 0 is the input and the highest the output."""


def describe(weights: Tensor, edges: Edges, operations: Sequence[str]) -> Tensor:
    """What a cell computes, whatever its dead edges carry, ``(A, D)``, differentiable.

    ``live_operations`` over sqrt(E), and ``path_kinds``. Cells that compute the same have these
    numbers in common more often than their operations.

    Args:
        weights: Of the O operations of the E edges, ``(A, E, O)``.
        edges: Of the cell, E of them.
        operations: Names of the operations.
    """
    live = live_operations(weights, edges, operations) / len(edges) ** 0.5
    return torch.cat([live, path_kinds(weights, edges, operations)], dim=1)


def live_operations(weights: Tensor, edges: Edges, operations: Sequence[str]) -> Tensor:
    """How many edges have each operation but ``NOTHING`` and lie on a path, ``(A, O - 1)``.

    A path leads from input to output. For weights between 0 and 1 an edge counts by the
    probability of one, as if edges were drawn and paths were independent.
    """
    real = weights[..., [place for place, name in enumerate(operations) if name != NOTHING]]
    there = real.sum(-1)
    one = torch.ones_like(there[:, 0])
    last = max(target for _, target in edges)
    fed, used = {0: one}, {last: one}
    for node in range(1, last + 1):
        fed[node] = _any([fed[s] * there[:, e] for e, (s, t) in enumerate(edges) if t == node])
    for node in range(last - 1, -1, -1):
        used[node] = _any([used[t] * there[:, e] for e, (s, t) in enumerate(edges) if s == node])
    between = torch.stack([fed[source] * used[target] for source, target in edges], dim=1)
    return (between[..., None] * real).sum(1)


def path_kinds(weights: Tensor, edges: Edges, operations: Sequence[str]) -> Tensor:
    """How many paths from input to output have which operations on them, ``(A, K)``.

    A kind is how often each operation occurs on a path, in any order; ``NOTHING`` ends a path and
    ``IDENTITY`` adds nothing to it. For weights between 0 and 1 it is the sum over paths of the
    product of their weights. The path encoding of BANANAS (White et al., AAAI 2021, section 4)
    keeps the order of the operations, in many more columns.
    """
    real = [name for name in operations if name not in (NOTHING, IDENTITY)]
    steps = {
        place: tuple(int(name == other) for other in real)
        for place, name in enumerate(operations)
        if name != NOTHING
    }
    one = torch.ones_like(weights[:, 0, 0])
    last = max(target for _, target in edges)
    reached: dict[int, dict[tuple[int, ...], Tensor]] = {0: {(0,) * len(real): one}}
    for node in range(1, last + 1):
        kinds = reached.setdefault(node, {})
        for number, source in [(e, s) for e, (s, t) in enumerate(edges) if t == node]:
            for kind, count in reached[source].items():
                for place, step in steps.items():
                    longer = tuple(map(sum, zip(kind, step, strict=True)))
                    kinds[longer] = kinds.get(longer, 0) + count * weights[:, number, place]
    return torch.stack([reached[last][kind] for kind in sorted(reached[last])], dim=1)


def _any(ways: Sequence[Tensor]) -> Tensor:
    """Probability of at least one of independent events."""
    return 1.0 - torch.stack([1.0 - way for way in ways]).prod(0)
