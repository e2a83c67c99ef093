"""The released way of MODNAS as a yardstick, written anew from its description; benchmark only.

What its public code does (arXiv 2402.18213, code of 2024-07), none of it copied:

- a hypernetwork of 50 tables with 101 rows of logits, weighted by attention of the device;
- every device in turn gets a full batch, one sampled architecture and a pass of its own;
- linear scalarisation of the task's loss and predicted costs by a random preference;
- one gradient per device as lists of parameters, each divided by its length, then Frank-Wolfe;
- Adam with betas (0.5, 0.999).

Deviations, all of which spare it time: no file is read inside a step, tables are looked up in one
operation instead of 50, and the solver sees flat sums instead of one host synchronisation for each
tensor. Sampling is ReinMax, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from monas_core.learning.samplers import ReinMax
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation, option_mask

TABLES, ROWS = 50, 101
Losses = Callable[[Relaxation, int], Tensor]
"""Normalised objectives ``(M,)`` of one relaxed architecture on a device, by its number."""


class BankOfTables(nn.Module):
    """Logits ``(C, K)`` of a preference's first weight on a device."""

    def __init__(self, shape: tuple[int, int], n_device: int) -> None:
        super().__init__()
        self.shape = shape
        self.keys = nn.Embedding(TABLES, n_device)
        self.tables = nn.ModuleList(nn.Embedding(ROWS, shape[0] * shape[1]) for _ in range(TABLES))
        for table in self.tables:
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=1e-3)

    def forward(self, weight: Tensor, device: Tensor) -> Tensor:
        """For a weight ``()`` and an embedding ``(E,)``."""
        row = (weight * (ROWS - 1)).round().long()
        share = torch.softmax(self.keys.weight @ device / len(device) ** 0.5, dim=0)
        rows = torch.stack([table(row) for table in self.tables])
        return (share[:, None] * rows).sum(0).reshape(self.shape)


def frank_wolfe(gradients: Sequence[Sequence[Tensor]], most: int = 250) -> list[float]:
    """Weights of the point of least norm among convex sums, from products of lists of tensors."""
    count = len(gradients)
    if count == 1:
        return [1.0]
    gram = torch.zeros(count, count)
    for i in range(count):
        for j in range(i, count):
            products = zip(gradients[i], gradients[j], strict=True)
            gram[i, j] = gram[j, i] = sum((a * b).sum() for a, b in products)
    best, weights = torch.inf, torch.zeros(count)
    for i in range(count):
        for j in range(i + 1, count):
            share = _search(gram[i, i], gram[i, j], gram[j, j])
            cost = share**2 * gram[i, i] + (1 - share) ** 2 * gram[j, j]
            cost = float(cost + 2 * share * (1 - share) * gram[i, j])
            if cost < best:
                best, weights = cost, torch.zeros(count)
                weights[i], weights[j] = share, 1 - share
    for _ in range(most):
        towards = int((gram @ weights).argmin())
        mixed = gram @ weights
        share = _search(weights @ mixed, mixed[towards], gram[towards, towards])
        fresh = share * weights
        fresh[towards] += 1 - share
        if (fresh - weights).abs().sum() < 1e-5:
            break
        weights = fresh
    return weights.tolist()


def _search(own: Tensor, both: Tensor, other: Tensor) -> float:
    """How much of the first on the line from it to the second."""
    if both >= own:
        return 0.999
    if both >= other:
        return 0.001
    return float((other - both) / (own + other - 2 * both))


class Released:
    """Steps of the published loop.

    Args:
        choices: Of the space.
        embeddings: Of the devices, ``(T, E)``.
        n_objectives: M; the bank sees the first weight alone.
        losses: Of an architecture on a device; called once for each device and step.
    """

    def __init__(
        self, choices: ChoiceSet, embeddings: Tensor, n_objectives: int, losses: Losses
    ) -> None:
        self.choices, self.embeddings, self.losses = choices, embeddings, losses
        self.n_objectives = n_objectives
        self.mask = option_mask(choices)
        self.network = BankOfTables((len(choices), choices.max_options), embeddings.shape[1])
        self.adam = torch.optim.Adam(self.network.parameters(), lr=3.9e-3, betas=(0.5, 0.999))
        self.sampler = ReinMax()

    def step(self, generator: torch.Generator) -> None:
        """All devices, one after the other, then one step of Adam."""
        parameters = list(self.network.parameters())
        gradients = [
            self._gradient(number, parameters, generator) for number in range(len(self.embeddings))
        ]
        weights = frank_wolfe(gradients)
        for place, parameter in enumerate(parameters):
            columns = zip(weights, gradients, strict=True)
            parameter.grad = sum(w * g[place] for w, g in columns)  # pyright: ignore
        self.adam.step()

    def _gradient(
        self, number: int, parameters: Sequence[Tensor], generator: torch.Generator
    ) -> list[Tensor]:
        drawn = torch.empty(self.n_objectives).exponential_(generator=generator)
        preference = drawn / drawn.sum()
        logits = self.network(preference[0], self.embeddings[number])
        sample = self.sampler.draw(logits.detach()[None], self.mask, 0.0, generator)
        rows = sample.rows.clone().requires_grad_()
        loss = (preference * self.losses(Relaxation(self.choices, rows), number)).sum()
        (at_rows,) = torch.autograd.grad(loss, rows)
        at_logits = self.sampler.pull_back(sample, at_rows)[0]
        found = torch.autograd.grad((logits * at_logits).sum(), parameters)
        length = torch.stack([g.square().sum() for g in found]).sum().sqrt()
        return [g / length.clamp_min(1e-12) for g in found]

    def asked(self, number: int, count: int) -> Tensor:
        """Option indices ``(count, C)`` of wishes along the quarter circle on a device."""
        angles = torch.linspace(1e-6, torch.pi / 2 - 1e-6, count)
        with torch.no_grad():
            logits = [self.network(a.cos(), self.embeddings[number]) for a in angles]
        return torch.stack(logits).masked_fill(~self.mask, -torch.inf).argmax(-1)
