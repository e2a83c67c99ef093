"""Small regression networks on features of architectures (and devices)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Independent two-layer perceptrons evaluated at once, for a mean and a spread.

    Weights carry a leading member dimension; members differ in initialisation
    and in the order of their data.
    """

    def __init__(self, members: int, inputs: int, hidden: int, outputs: int = 1) -> None:
        super().__init__()
        sizes = [(inputs, hidden), (hidden, hidden), (hidden, outputs)]
        self.weights = nn.ParameterList(
            [nn.Parameter(torch.randn(members, i, o) * (1.6 / i**0.5)) for i, o in sizes]
        )
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(members, 1, o)) for _, o in sizes])

    def forward(self, features: Tensor) -> Tensor:
        """``(members, n, outputs)`` for features ``(n, inputs)`` or ``(members, n, inputs)``."""
        state = features.expand(len(self.weights[0]), *features.shape[-2:])
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            state = torch.baddbmm(bias, state, weight)
            if index < len(self.weights) - 1:
                state = torch.nn.functional.silu(state)
        return state


def fit(
    network: Ensemble,
    features: Tensor,
    targets: Tensor,
    steps: int,
    generator: torch.Generator,
    batch: int = 256,
    learning_rate: float = 4e-3,
) -> float:
    """Least squares with Adam and cosine decay on ``(n, F)`` and ``(n, outputs)``; last loss."""
    members = len(network.weights[0])
    adam = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(1, steps))
    loss = torch.zeros(())
    with torch.enable_grad():
        for _ in range(steps):
            rows = torch.randint(
                len(features), (members, min(batch, len(features))), generator=generator
            )
            predicted = network(features[rows])  # (members, batch, outputs)
            loss = (predicted - targets[rows]).square().mean()
            adam.zero_grad(set_to_none=True)
            (loss * members).backward()
            adam.step()
            schedule.step()
    return float(loss.detach())
