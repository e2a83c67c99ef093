"""How alike two points are at a distance."""

from __future__ import annotations

import torch
from torch import Tensor


def matern(scaled: Tensor) -> Tensor:
    """Matern correlation of smoothness 5/2, of the shape of its argument.

    (1 + s + s^2 / 3) exp(-s) at s = sqrt(5) r (Rasmussen and Williams, 2006, eq. 4.17).

    Args:
        scaled: s, distances r in length scales times the root of 5.
    """
    return (1.0 + scaled + scaled.square() / 3.0) * torch.exp(-scaled)
