"""Options of searches with a multiplier."""

from __future__ import annotations

import attrs

from monas_core.values.bounds import positive, within


@attrs.frozen
class LightNASOptions:
    """Options of ``lightnas``.

    Attributes:
        targets: Targets per device where no limit names one, at even quantiles of the cost of
            random architectures.
        cost: Short name of the objective these targets are of; "" takes the first cost of a
            device, else the first minimised one that is free.
        initial: Random architectures evaluated first; 0 takes two fifths of a budget of
            evaluations, at most 128, else 64.
        batch: Architectures evaluated after each landing, at least.
        steps: Steps of the gates in one landing.
        draws: Architectures drawn per target and step.
        learning_rate: Of the gates (Adam).
        multiplier_rate: Of the ascent of the multipliers.
        hottest: Temperature of the gates at first.
        coldest: And in the end.
        tail: Last share of the steps in which gates on target hardly move any more.
        near: Relative distance that counts as on target there.
        tolerance: And that counts as met when iterates are compared; a target's own comes first.
        reset: Put a multiplier back to 0 whenever its sign opposes the violation.
        cost_samples: Architectures whose costs the expected cost is fitted to.
    """

    targets: int = 3
    cost: str = ""
    initial: int = 0
    batch: int = 8
    steps: int = 400
    draws: int = 4
    learning_rate: float = 0.05
    multiplier_rate: float = 0.2
    hottest: float = 5.0
    coldest: float = 0.5
    tail: float = 0.25
    near: float = 0.02
    tolerance: float = 0.02
    reset: bool = False
    cost_samples: int = 192

    def __attrs_post_init__(self) -> None:
        where = "options.optimizer"
        within(where, 0, initial=self.initial)
        within(where, 0, 1, tail=self.tail, near=self.near, tolerance=self.tolerance)
        within(
            where, 1,
            targets=self.targets, batch=self.batch, steps=self.steps, draws=self.draws,
        )  # fmt: skip
        within(where, 8, cost_samples=self.cost_samples)
        positive(
            where,
            learning_rate=self.learning_rate,
            multiplier_rate=self.multiplier_rate,
            hottest=self.hottest,
            coldest=self.coldest,
        )
