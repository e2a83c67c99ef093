"""Weights that a search may train without changing what values were obtained with."""

from __future__ import annotations

import copy

import torch

from monas_core.parts.context import Context
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.seeding import seeded_construction


def own_supernet(context: Context, generator: torch.Generator, *, inherit: bool) -> RelaxedSupernet:
    """A supernet of the space, or of its proxy, that belongs to the search.

    The run's own stays as it is: its values are remembered, and those of weights that move would
    go stale. A copy of it where there is no proxy and ``inherit`` is set.
    """
    space, seed = context.space, int(torch.randint(2**31, (), generator=generator))
    if space.proxy is None and inherit:
        found = copy.deepcopy(context.require_supernet())
    else:
        with seeded_construction(seed):
            found = (space.proxy or space).supernet(context.require_task()).to(context.torch_device)
    assert isinstance(found, RelaxedSupernet)  # the spec says that it is needed
    return found
