"""Randomness as an argument: generators derived from one seed, no global seeding."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import torch


def derived_seed(seed: int, *names: str) -> int:
    """A seed for one purpose, independent of the seeds for other purposes."""
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return int.from_bytes(digest[:7], "big")


def derived_generator(seed: int, *names: str) -> torch.Generator:
    """A CPU generator for one purpose."""
    return torch.Generator().manual_seed(derived_seed(seed, *names))


@contextlib.contextmanager
def seeded_construction(seed: int) -> Iterator[None]:
    """Modules built inside draw their weights from ``seed``; the global state is untouched.

    torch.nn initialises from the global generator, so it is set and put back.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def forked(place: torch.device) -> contextlib.AbstractContextManager[None]:
    """The global generators of CPU and accelerator are put back after the block."""
    if place.type in ("cuda", "xpu"):
        return torch.random.fork_rng(devices=[place.index or 0], device_type=place.type)
    return torch.random.fork_rng(devices=[])
