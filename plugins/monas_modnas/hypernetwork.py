"""From a preference and a device to the logits of every choice."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from monas_core.values.choices import ChoiceSet


class HyperNetwork(nn.Module):
    """Logits for preferences on devices.

    Args:
        choices: The decisions, C of at most K options.
        n_objectives: M.
        n_device: Length E of a hardware embedding.
        hidden: Width, where there is one.
    """

    def __init__(self, choices: ChoiceSet, n_objectives: int, n_device: int, hidden: int) -> None:
        super().__init__()
        self.shape = (len(choices), choices.max_options)
        self.make(n_objectives, n_device, hidden)

    def make(self, n_objectives: int, n_device: int, hidden: int) -> None:
        """Create the weights."""
        raise NotImplementedError

    def forward(self, preferences: Tensor, device: Tensor) -> Tensor:
        """Logits ``(T, P, C, K)`` for preferences ``(T, P, M)`` on devices ``(T, E)``."""
        raise NotImplementedError


class Continuous(HyperNetwork):
    """Residual network on the preference, modulated by the device (FiLM, Perez et al., 2018).

    Continuous in the preference, for any number of objectives: unlike a bank of
    tables indexed by one weight, neighbouring wishes share what is learnt. The
    last layer starts at zero, so the first policy is uniform.
    """

    def make(self, n_objectives: int, n_device: int, hidden: int) -> None:
        """Embeddings of wish and device, two residual layers, logits."""
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


class Bank(HyperNetwork):
    """The published form: attention of the device over a bank of tables (arXiv 2402.18213).

    Each of 50 tables holds logits for 101 values of the first weight; the others
    are ignored and neighbouring rows learn alone. Kept for comparison. Deviation:
    tables start near zero instead of being trained towards noise first.
    """

    TABLES = 50
    ROWS = 101

    def make(self, n_objectives: int, n_device: int, hidden: int) -> None:  # noqa: ARG002
        """Keys and tables; neither width nor further objectives matter here."""
        self.keys = nn.Parameter(torch.randn(self.TABLES, n_device))
        size = self.shape[0] * self.shape[1]
        self.tables = nn.Parameter(1e-3 * torch.randn(self.TABLES, self.ROWS, size))

    def forward(self, preferences: Tensor, device: Tensor) -> Tensor:
        """Logits ``(T, P, C, K)`` for preferences ``(T, P, M)`` on devices ``(T, E)``."""
        row = (preferences[..., 0] * (self.ROWS - 1)).round().long()  # (T, P)
        scores = device @ self.keys.T / device.shape[-1] ** 0.5
        share = torch.softmax(scores, dim=-1)  # (T, TABLES)
        looked_up = self.tables[:, row]  # (TABLES, T, P, C * K)
        logits = (share.T[:, :, None, None] * looked_up).sum(0)
        return logits.reshape(*preferences.shape[:2], *self.shape)


HYPERNETWORKS: dict[str, type[HyperNetwork]] = {"continuous": Continuous, "bank": Bank}
"""By the name of the option."""
