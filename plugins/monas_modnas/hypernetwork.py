"""From a preference and a device to the logits of every choice."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from monas_core.choices import ChoiceSet


class HyperNetwork(nn.Module):
    """Residual network on the preference, modulated by the device (FiLM, Perez et al., 2018).

    Continuous in the preference, for any number of objectives: unlike a bank of
    tables indexed by one weight, neighbouring wishes share what is learnt. The
    last layer starts at zero, so the first policy is uniform.
    """

    def __init__(self, choices: ChoiceSet, n_objectives: int, n_device: int, hidden: int) -> None:
        super().__init__()
        self.shape = (len(choices), choices.max_options)
        self.wish = nn.Sequential(nn.Linear(3 * n_objectives, hidden), nn.SiLU())
        self.target = nn.Sequential(
            nn.Linear(n_device, hidden), nn.SiLU(), nn.Linear(hidden, 4 * hidden)
        )
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, self.shape[0] * self.shape[1])
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, preferences: Tensor, device: Tensor) -> Tensor:
        """Logits ``(T, P, C, K)`` for preferences ``(T, P, M)`` on devices ``(T, E)``."""
        # the square root spreads the small weights, where one objective just begins to matter
        wishes = torch.cat([preferences, preferences.sqrt(), preferences.square()], dim=-1)
        modulation = self.target(device)[:, None, :]  # (T, 1, 4H)
        scale_1, shift_1, scale_2, shift_2 = modulation.chunk(4, dim=-1)
        state = self.wish(wishes)  # (T, P, H)
        state = state + torch.nn.functional.silu(self.first(state) * (1 + scale_1) + shift_1)
        state = state + torch.nn.functional.silu(self.second(state) * (1 + scale_2) + shift_2)
        return self.last(state).reshape(*preferences.shape[:2], *self.shape)
