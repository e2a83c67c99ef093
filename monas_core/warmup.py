"""Training of the supernet before the search, by the sandwich rule.

The largest, the smallest and random subnets take turns (Yu and Huang,
"Universally Slimmable Networks", ICCV 2019, arXiv 1903.05134), sliced, so a step costs
what its subnet costs.

Deviation: one subnet and one update per step instead of one update per
sandwich, and Muon for hidden matrices instead of AdamW for everything; both
lower the loss at equal cost by a wide margin (benchmarks/bench_warmup.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from monas_core import population
from monas_core.architecture import Architecture
from monas_core.context import Context
from monas_core.space import WarmUp
from monas_core.state import generator_from

_RAMP = 0.05
_FINAL_RATE = 0.03
_MATRIX_RATE = 0.02
"""Muon's step is orthogonal, so its rate does not depend on the width of the network."""


class SupernetTrainer:
    """A short linear ramp and cosine decay over a fixed number of steps."""

    def __init__(self, context: Context, settings: WarmUp, generator: torch.Generator) -> None:
        assert context.supernet is not None
        self.context = context
        self.settings = settings
        self.generator = generator
        self.done = 0
        self._supernet = context.supernet
        self._losses: dict[str, float] = {}
        self._weight_optimizers = weight_optimizers(self._supernet, settings.learning_rate)
        self._peaks = [o.param_groups[0]["lr"] for o in self._weight_optimizers]

    def count_weights(self) -> int:
        """Number of weights of the supernet."""
        return sum(parameter.numel() for parameter in self._supernet.parameters())

    def rate(self) -> float:
        """Share of the peak learning rates that the coming step uses."""
        total = self.settings.steps
        ramp = max(1, round(_RAMP * total))
        if self.done < ramp:
            return (self.done + 1) / ramp
        progress = (self.done - ramp) / max(1, total - ramp)
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        return _FINAL_RATE + (1 - _FINAL_RATE) * cosine

    def _next_subnet(self) -> tuple[str, Architecture]:
        """Largest, random, smallest, random, ... with ``random_subnets`` per round."""
        choices = self.context.space.choices
        smallest, largest = population.corners(choices).split(1)
        extra = self.settings.random_subnets
        turn = self.done % (2 + extra)
        names = {0: ("largest", largest), 1 + (extra + 1) // 2: ("smallest", smallest)}
        name, row = names.get(turn) or ("random", population.sample(choices, 1, self.generator))
        return name, population.decode(choices, row)[0]

    def step(self) -> Mapping[str, float]:
        """Train the next subnet on a fresh batch; the latest loss of each kind of subnet."""
        task, place = self.context.require_task(), self.context.torch_device
        batch = task.batch("train", self.settings.batch_size, self.generator)
        inputs, targets = tree_map(lambda x: x.to(place), (batch.inputs, batch.targets))
        name, architecture = self._next_subnet()
        self._supernet.train()
        loss = task.loss(self._supernet(inputs, architecture), targets).mean()
        self._supernet.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._supernet.parameters(), 1.0)
        share = self.rate()
        for weight_optimizer, peak in zip(self._weight_optimizers, self._peaks, strict=True):
            for group in weight_optimizer.param_groups:
                group["lr"] = peak * share
            weight_optimizer.step()
        self.done += 1
        self._losses[name] = float(loss.detach())
        return dict(self._losses)

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position and data generator."""
        return {
            "weight_optimizers": [o.state_dict() for o in self._weight_optimizers],
            "done": self.done,
            "losses": self._losses,
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        for weight_optimizer, saved in zip(
            self._weight_optimizers, state["weight_optimizers"], strict=True
        ):
            weight_optimizer.load_state_dict(saved)
        self.done = state["done"]
        self._losses = dict(state["losses"])
        self.generator = generator_from(state["generator"])


def weight_optimizers(network: nn.Module, learning_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of linear layers, AdamW for everything else.

    Embeddings, biases, norms and convolutions stay with AdamW: Muon is made for
    matrices that map activations to activations (Jordan et al., 2024).
    """
    linear = {id(m.weight) for m in network.modules() if isinstance(m, nn.Linear)}
    tables = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
    matrices = linear - tables  # a tied output layer is an embedding too
    trained = [p for p in network.parameters() if p.requires_grad]
    hidden = [p for p in trained if id(p) in matrices]
    rest = [p for p in trained if id(p) not in matrices]
    found: list[torch.optim.Optimizer] = []
    if hidden:
        found.append(torch.optim.Muon(hidden, lr=_MATRIX_RATE, weight_decay=0.01))
    if rest:
        found.append(torch.optim.AdamW(rest, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0))
    return found
