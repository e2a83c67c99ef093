"""Options of PIT; imports no torch."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import positive, within


@attrs.frozen
class PITOptions:
    """Options of ``pit``. Lengths are in training steps and shrink where the budget is smaller.

    Attributes:
        size: What is pruned: the network's weights, or its operations.
        strengths: Networks that the sweep plans; a budget that is left gives further ones.
        weakest, strongest: Ends of the sweep: what the whole size of the largest network weighs
            in the loss.
        warm_up: Steps of the largest network alone, from the weights it was handed.
        masks: Steps of weights and masks together, for each strength.
        tuning: Steps of each pruned network.
        batch: Samples per step; 0 is that of the space's warm-up.
        learning_rate: Of weights; 0 is that of the space's warm-up.
        gate_rate: Of the masks.
        multiplier_rate: Strength that a size of twice a limit leads to by the end, where a limit
            takes the place of a strength.
    """

    size: Literal["weights", "operations"] = "weights"
    strengths: int = 8
    weakest: float = 0.03
    strongest: float = 3.0
    warm_up: int = 200
    masks: int = 300
    tuning: int = 150
    batch: int = 0
    learning_rate: float = 0.0
    gate_rate: float = 0.01
    multiplier_rate: float = 3.0

    def __attrs_post_init__(self) -> None:
        where = "options.optimizer"
        within(where, 0, warm_up=self.warm_up, tuning=self.tuning, batch=self.batch)
        within(where, 0, learning_rate=self.learning_rate)
        within(where, 1, strengths=self.strengths, masks=self.masks)
        positive(
            where,
            weakest=self.weakest,
            strongest=self.strongest,
            gate_rate=self.gate_rate,
            multiplier_rate=self.multiplier_rate,
        )
        if self.weakest > self.strongest:
            raise UsageError(
                f"options.optimizer.weakest={self.weakest:g} is above strongest="
                f"{self.strongest:g}; exchange them."
            )
