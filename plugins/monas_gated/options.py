"""Options of the optimizer; imports no torch."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.values.bounds import positive, within


@attrs.frozen
class GatedOptions:
    """How gates and weights are learnt.

    Attributes:
        aims: Sets of gates at least, one for each preference; all share the weights. 1 is a
            single set with even weights, as published.
        gate_rate: Learning rate of the gates (Adam).
        weight_rate: Of the weights, as a share of the space's own.
        fusion: Factor on it for parts with the tag ``fusion``.
        judged_with: Gates when they learn: their probabilities, or samples.
        trained_with: Gates when weights learn.
        entropy: Weight of the gates' mean entropy, nats.
        schedule: Whether it grows to that from 0, has it from the first step, or is left out.
        price: Of open gates, where a preference is all for few of them.
        hottest: Temperature of samples at the beginning; it falls to a twentieth, quadratically.
        samples: In each set's share of a batch.
        steps: Steps for a budget that is counted in evaluations.
    """

    aims: int = 6
    gate_rate: float = 0.05
    weight_rate: float = 0.5
    fusion: float = 1.0
    judged_with: Literal["relaxed", "sampled"] = "relaxed"
    trained_with: Literal["sampled", "relaxed"] = "sampled"
    entropy: float = 0.3
    schedule: Literal["ramped", "constant", "none"] = "ramped"
    price: float = 0.5
    hottest: float = 1.0
    samples: int = 8
    steps: int = 200

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 1, aims=self.aims, samples=self.samples, steps=self.steps)
        within("options.optimizer", 0, entropy=self.entropy, price=self.price, fusion=self.fusion)
        positive(
            "options.optimizer",
            gate_rate=self.gate_rate,
            weight_rate=self.weight_rate,
            hottest=self.hottest,
        )
