"""How weights are updated, by the warm-up of a supernet and by the training of one subnet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.errors import Diverged

_RAMP = 0.05
_FINAL_RATE = 0.03
MATRIX_RATE = 0.02
"""Muon's usual rate."""


class Updater:
    """Weight optimizers under a short linear ramp and cosine decay over a number of steps.

    Args:
        network: Whose weights are updated.
        learning_rate: Peak of what AdamW updates.
        steps: Length of the schedule.
        peak: Factor on every learning rate, Muon's included.
        factors: Further factors, by name of a parameter; 1 where there is none.
        matrix_rate: Peak of what Muon updates.
    """

    def __init__(
        self,
        network: nn.Module,
        learning_rate: float,
        steps: int,
        *,
        peak: float = 1.0,
        factors: Mapping[str, float] | None = None,
        matrix_rate: float = MATRIX_RATE,
    ) -> None:
        self.network = network
        self.steps = steps
        self.done = 0
        self._optimizers = weight_optimizers(network, learning_rate, factors, matrix_rate)
        self._peaks = [[peak * g["lr"] for g in o.param_groups] for o in self._optimizers]

    def rate(self) -> float:
        """Share of the peak learning rates that the coming step uses."""
        ramp = max(1, round(_RAMP * self.steps))
        if self.done < ramp:
            return (self.done + 1) / ramp
        progress = min(1.0, (self.done - ramp) / max(1, self.steps - ramp))
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        return _FINAL_RATE + (1 - _FINAL_RATE) * cosine

    def update(self, loss: Tensor) -> None:
        """One step down the gradient of a loss, whose norm is clipped to 1.

        Raises:
            Diverged: Loss or gradient is not finite; no weight was touched.
        """
        self.network.zero_grad(set_to_none=True)
        _check("the loss", float(loss.detach()))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        _check("the size of the gradient", float(norm))
        share = self.rate()
        for optimizer, peaks in zip(self._optimizers, self._peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share
            optimizer.step()
        self.done += 1

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers and position in the schedule."""
        return {
            "weight_optimizers": [o.state_dict() for o in self._optimizers],
            "done": self.done,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        for optimizer, saved in zip(self._optimizers, state["weight_optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.done = state["done"]


def _check(what: str, number: float) -> None:
    if not math.isfinite(number):
        raise Diverged(f"{what} is {number}")


def weight_optimizers(
    network: nn.Module,
    learning_rate: float,
    factors: Mapping[str, float] | None = None,
    matrix_rate: float = MATRIX_RATE,
) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of linear layers, AdamW for everything else.

    Embeddings, biases, norms and convolutions stay with AdamW: Muon is made for
    matrices that map activations to activations (Jordan et al., 2024).

    Args:
        network: Whose weights are updated.
        learning_rate: Of AdamW.
        factors: On both, by name of a parameter.
        matrix_rate: Of Muon.
    """
    linear = {id(m.weight) for m in network.modules() if isinstance(m, nn.Linear)}
    tables = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
    matrices = linear - tables  # a tied output layer is an embedding too
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    hidden = [(name, p) for name, p in trained if id(p) in matrices]
    rest = [(name, p) for name, p in trained if id(p) not in matrices]
    found: list[torch.optim.Optimizer] = []
    if hidden:
        groups = _groups(hidden, matrix_rate, factors or {})
        found.append(torch.optim.Muon(groups, lr=matrix_rate, weight_decay=0.01))
    if rest:
        groups = _groups(rest, learning_rate, factors or {})
        found.append(
            torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
        )
    return found


def _groups(
    named: Sequence[tuple[str, nn.Parameter]], rate: float, factors: Mapping[str, float]
) -> list[dict[str, Any]]:
    """One group of parameters for each factor, in order of first appearance."""
    found: dict[float, list[nn.Parameter]] = {}
    for name, parameter in named:
        found.setdefault(factors.get(name, 1.0), []).append(parameter)
    return [{"params": members, "lr": rate * factor} for factor, members in found.items()]
