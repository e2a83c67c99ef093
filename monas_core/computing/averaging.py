"""A moving average of weights, which takes their place when a training ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_EARLY = 10.0
"""Early averages are short, as TensorFlow and timm have it: 1/10 of the steps so far."""


class Average:
    """Follows a network step by step.

    Args:
        network: Whose parameters, and buffers of real numbers, are averaged.
        decay: Share of the old average that a step keeps, once there were many.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._network, self._decay = network, decay
        self._average = {name: value.clone() for name, value in self._followed().items()}

    def _followed(self) -> dict[str, Tensor]:
        state = self._network.state_dict()
        return {name: v.detach() for name, v in state.items() if v.is_floating_point()}

    def follow(self, done: int) -> None:
        """Take in the weights after step ``done``."""
        decay = min(self._decay, (1 + done) / (_EARLY + done))
        for name, value in self._followed().items():
            self._average[name].lerp_(value, 1 - decay)

    def settle(self) -> None:
        """Put the average in the place of the weights."""
        with torch.no_grad():
            for name, value in self._followed().items():
                value.copy_(self._average[name])

    def state_dict(self) -> dict[str, Any]:
        """The average by name."""
        return self._average

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        for name, value in state.items():
            self._average[name].copy_(value)
