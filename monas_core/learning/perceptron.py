"""A small regression network and its training."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.SiLU(),
        nn.Linear(hidden, hidden),
        nn.SiLU(),
        nn.Linear(hidden, outputs),
    )


def fit(
    network: nn.Module,
    features: Tensor,
    targets: Tensor,
    steps: int,
    generator: torch.Generator,
    batch: int = 256,
    learning_rate: float = 4e-3,
) -> float:
    """Least squares with Adam and cosine decay on ``(n, F)`` and ``(n, outputs)``; last loss."""
    adam = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(1, steps))
    loss = torch.zeros(())
    with torch.enable_grad():
        for _ in range(steps):
            rows = torch.randint(len(features), (min(batch, len(features)),), generator=generator)
            loss = (network(features[rows]) - targets[rows]).square().mean()
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            schedule.step()
    return float(loss.detach())
