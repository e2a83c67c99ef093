"""Weights and gates that learn in turn: the alternating loop of differentiable search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import torch
from torch import Tensor

from monas_core.learning.samplers import masked_softmax
from monas_core.parts.supernet import RelaxedSupernet
from monas_core.parts.task import Part, Task
from monas_core.updater import Updater
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation, option_mask

Pull = Callable[[Relaxation], Tensor]
"""What is added to the loss of the gates of relaxed architectures, one number."""

_LEAST_SAMPLES = 8
"""Of a batch that each architecture sees: fewer tell a batch norm nothing."""
_FRESH = 1e-3
"""Standard deviation of fresh gates."""


@attrs.frozen
class Rates:
    """How fast both levels learn.

    Attributes:
        batch_size: Samples per step, divided among the architectures.
        weights: Peak learning rate of the weights, which then falls as a cosine.
        horizon: Steps of the weights until it has fallen.
        gates: Learning rate of the gates (Adam).
        decay: Weight decay of the gates.
    """

    batch_size: int
    weights: float
    horizon: int
    gates: float
    decay: float = 1e-3


class TwoLevels:
    """Gates of T relaxed architectures over one supernet (DARTS, arXiv 1806.09055, algorithm 1).

    Weights descend the loss of the training part, gates that of the search part plus a pull. Both
    see mixtures, in training mode. First order: gates take the weights as they are.

    Args:
        supernet: Its weights are trained.
        task: Gives batches and losses.
        choices: Of the space.
        count: T.
        rates: Of learning.
        generator: Draws batches and fresh gates.

    Attributes:
        logits: Of the gates, ``(T, C, K)``.
        temperature: That gates are divided by; the lower, the nearer mixtures are to the
            architectures they stand for.
    """

    def __init__(
        self,
        supernet: RelaxedSupernet,
        task: Task,
        choices: ChoiceSet,
        count: int,
        rates: Rates,
        generator: torch.Generator,
    ) -> None:
        self.supernet, self.choices, self.rates = supernet, choices, rates
        self._task, self._generator = task, generator
        self._place = next(supernet.parameters()).device
        self._mask = option_mask(choices)
        self._updater = Updater(supernet, rates.weights, rates.horizon)
        self._size = count * max(_LEAST_SAMPLES, math.ceil(rates.batch_size / count))
        self.logits = torch.zeros(count, *self._mask.shape)
        self.temperature = 1.0
        self.restart()

    def restart(self) -> None:
        """Fresh gates; weights stay."""
        drawn = torch.randn(self.logits.shape, generator=self._generator)
        self.logits = (_FRESH * drawn).requires_grad_()
        self._adam = torch.optim.Adam(
            [self.logits], self.rates.gates, (0.5, 0.999), weight_decay=self.rates.decay
        )

    @property
    def relaxation(self) -> Relaxation:
        """The mixtures as they are now, ``(T, C, K)``, without gradients."""
        return self._mixed(self.logits.detach())

    def train_weights(self) -> float:
        """One step of the weights; their mean loss."""
        self.supernet.train()
        loss = self._losses("train", self.relaxation).mean()
        self._updater.update(loss)
        self.supernet.zero_grad(set_to_none=True)
        return float(loss.detach())

    def move_gates(self, pull: Pull) -> float:
        """One step of the gates; their mean loss without the pull."""
        self.supernet.train()
        with torch.enable_grad():
            mixed = self._mixed(self.logits)
            # summed over architectures, so that each one's gates move as if it were alone
            losses = self._losses("search", mixed).reshape(len(mixed), -1).mean(1).cpu()
            (self.logits.grad,) = torch.autograd.grad(losses.sum() + pull(mixed), [self.logits])
        self._adam.step()
        return float(losses.detach().mean())

    def _mixed(self, logits: Tensor) -> Relaxation:
        return Relaxation(self.choices, masked_softmax(logits / self.temperature, self._mask))

    def _losses(self, part: Part, mixed: Relaxation) -> Tensor:
        batch = self._task.batch(part, self._size, self._generator).to(self._place)
        moved = Relaxation(mixed.choices, mixed.weights.to(self._place))
        return self._task.loss(self.supernet(batch.inputs, moved), batch.targets)

    def state_dict(self) -> dict[str, Any]:
        """Weights and gates with what updates them; generator and temperature are the caller's."""
        return {
            "supernet": dict(self.supernet.state_dict()),
            "updater": self._updater.state_dict(),
            "logits": self.logits.detach(),
            "adam": self._adam.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as if never interrupted."""
        self.supernet.load_state_dict(state["supernet"])
        self._updater.load_state_dict(state["updater"])
        with torch.no_grad():
            self.logits.copy_(state["logits"])
        self._adam.load_state_dict(state["adam"])
