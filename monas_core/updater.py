"""How weights are updated, by the warm-up of a supernet and by the training of one subnet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from monas_core.computing.averaging import Average
from monas_core.computing.engine import Engine
from monas_core.computing.pieces import Losses, Samples, clear, gradient
from monas_core.computing.precision import scaler
from monas_core.computing.rules import MATRIX_RATE, weight_optimizers
from monas_core.errors import Diverged

__all__ = ["MATRIX_RATE", "Updater"]

_LEAST_SCALE = 1.0
"""Of the losses of fp16: where gradients overflow even so, they are what is wrong."""


class Updater:
    """Weight optimizers under a schedule over a number of steps.

    Args:
        network: Whose weights are updated.
        learning_rate: Peak of what AdamW (or SGD) updates.
        steps: Length of the schedule.
        peak: Factor on every learning rate, Muon's included.
        factors: Further factors, by name of a parameter; 1 where there is none.
        matrix_rate: Peak of what Muon updates.
        engine: Recipe and place; a run's is in its context. Without one as small runs do it.
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
        engine: Engine | None = None,
    ) -> None:
        self.network = network
        self.steps = steps
        self.done = 0
        self.engine = engine or Engine()
        recipe = self.engine.recipe
        self.engine.prepare(network)
        self._parameters = list(network.parameters())
        self._optimizers = weight_optimizers(network, learning_rate, factors, matrix_rate, recipe)
        self._peaks = [[peak * g["lr"] for g in o.param_groups] for o in self._optimizers]
        self._scaler = scaler(recipe.precision, self.engine.place)
        self._average = Average(network, recipe.ema) if recipe.ema else None

    def rate(self) -> float:
        """Share of the peak learning rates that the coming step uses."""
        return self.engine.recipe.share(self.done, self.steps)

    def learn(self, batch: Samples, losses: Losses) -> dict[str, float]:
        """One step on a batch, computed as the engine says; the means of its losses.

        Args:
            batch: Of samples; the same one in every process that shares in the training.
            losses: From a piece of the batch to named means over its samples, the last of which
                is minimised. It may be called for one piece after the other.

        Raises:
            Diverged: Loss or gradient is not finite; no weight was touched.
        """
        scaled = self._scaler.scale if self._scaler else None
        told = gradient(self._parameters, batch, losses, self.engine, scaled)
        if self._scaler is None:
            for value in told.values():
                _check("the loss", value)
        self._move()
        return told

    def update(self, loss: Tensor) -> None:
        """One step down the gradient of a loss that was computed whole and in full precision.

        Raises:
            Diverged: Loss or gradient is not finite; no weight was touched.
        """
        clear(self._parameters)
        _check("the loss", float(loss.detach()))
        (self._scaler.scale(loss) if self._scaler else loss).backward()
        self._move()

    def _move(self) -> None:
        """Update weights by the gradients they hold."""
        if self._scaler is not None:
            for optimizer in self._optimizers:
                self._scaler.unscale_(optimizer)
        norm = self._clipped()
        if self._scaler is None or self._scaler.get_scale() <= _LEAST_SCALE:
            _check("the size of the gradient", norm)
        share = self.rate()
        if math.isfinite(norm):
            for optimizer, peaks in zip(self._optimizers, self._peaks, strict=True):
                for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                    group["lr"] = peak * share
                optimizer.step()
        if self._scaler is not None:
            self._scaler.update()
        self.done += 1
        if self._average is not None:
            self._average.follow(self.done)
            if self.done == self.steps:
                self._average.settle()

    def _clipped(self) -> float:
        """Norm of the gradient before it is limited."""
        limit = self.engine.recipe.clip
        if limit:
            return float(torch.nn.utils.clip_grad_norm_(self._parameters, limit))
        found = [p.grad for p in self._parameters if p.grad is not None]
        return float(torch.nn.utils.get_total_norm(found))

    def state_dict(self) -> dict[str, Any]:
        """Weight optimizers, position in the schedule, and what the recipe keeps."""
        found: dict[str, Any] = {
            "weight_optimizers": [o.state_dict() for o in self._optimizers],
            "done": self.done,
        }
        if self._scaler is not None:
            found["scaler"] = self._scaler.state_dict()
        if self._average is not None:
            found["average"] = self._average.state_dict()
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        for optimizer, saved in zip(self._optimizers, state["weight_optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.done = state["done"]
        if self._scaler is not None:
            self._scaler.load_state_dict(state["scaler"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])


def _check(what: str, number: float) -> None:
    if not math.isfinite(number):
        raise Diverged(f"{what} is {number}")
