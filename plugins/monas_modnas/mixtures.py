"""Devices that could exist, so that queries also serve devices that are not known yet."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from monas_core.device import Device

_BEYOND = 0.5
"""How far outside the two devices a mixture may lie, as a share of what is between them."""


@attrs.frozen
class Mixture:
    """A device whose log costs are on the line through those of two search devices.

    Attributes:
        first: Position of one of them among the search devices.
        second: Position of the other.
        share: Of the second: 0 is the first device, 1 the second, -0.5 and 1.5 lie outside.
    """

    first: int
    second: int
    share: float

    def costs(self, searched: Tensor) -> Tensor:
        """Its log costs ``(n, H)`` from those on the search devices ``(n, T, H)``."""
        return torch.lerp(searched[:, self.first], searched[:, self.second], self.share)


AnyDevice = Device | Mixture
"""What architectures can be priced on."""


def drawn(count: int, devices: int, generator: torch.Generator) -> list[Mixture]:
    """Random mixtures of a number of search devices; none of a single one."""
    if devices < 2:
        return []
    found: list[Mixture] = []
    for _ in range(count):
        first, second = torch.randperm(devices, generator=generator)[:2].tolist()
        share = torch.rand((), generator=generator).item() * (1 + 2 * _BEYOND) - _BEYOND
        found.append(Mixture(first, second, share))
    return found
