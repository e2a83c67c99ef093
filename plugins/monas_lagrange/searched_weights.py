"""Weights that a search may train without changing what values were obtained with."""

from __future__ import annotations

import copy

import torch

from monas_core.parts.context import Context
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.seeding import seeded_construction


def own_supernet(context: Context, generator: torch.Generator, *, inherit: bool) -> RelaxedSupernet:
    """A supernet of the space's proxy that belongs to the search.

    The run's own stays as it is: its values are remembered, and those of weights that move would
    go stale. A copy of it where the proxy is the space itself and ``inherit`` is set.
    """
    space, seed = context.space, int(torch.randint(2**31, (), generator=generator))
    proxy = space.proxy()
    if proxy is space and inherit:
        found = copy.deepcopy(context.require_supernet())
    else:
        with seeded_construction(seed):
            found = proxy.supernet(context.require_task()).to(context.torch_device)
    assert isinstance(found, RelaxedSupernet)  # the spec says that it is needed
    return found
