"""Options of searches by policy gradient."""

from __future__ import annotations

from typing import Literal

import attrs

from monas_core.values.bounds import positive, within

Reward = Literal["rank", "mnasnet", "tunas"]
"""What a drawn architecture earns; see ``rewards``."""


@attrs.frozen
class PfnagOptions:
    """Options of ``pfnag``.

    Attributes:
        reward: ``rank``: the evaluator's score under the budget; ``mnasnet`` and ``tunas``: those
            formulas on predicted quality and cost.
        cost: Short name of the objective that budgets are about; "" takes the first that is
            limited, else the first cost of a device, else the first that is free.
        initial: Random architectures evaluated first; 0 takes half of a budget of evaluations,
            else 64.
        batch: Architectures evaluated per step.
        fitting: Iterations of the evaluator in each round.
        iterations: Iterations of the generator in each round.
        draws: Architectures drawn per iteration.
        candidates: Architectures drawn for one answer.
        entropy: Weight of the policy's entropy.
        learning_rate: Of the generator.
        hidden: Width of the generator's LSTM.
        budgets: Budgets the generator is trained for, as shares of the way from the lowest to the
            highest known cost (logarithms); () trains for all between.
    """

    reward: Reward = "rank"
    cost: str = ""
    initial: int = 0
    batch: int = 8
    fitting: int = 600
    iterations: int = 400
    draws: int = 24
    candidates: int = 10
    entropy: float = 0.01
    learning_rate: float = 3e-3
    hidden: int = 64
    budgets: tuple[float, ...] = ()

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 0, initial=self.initial, entropy=self.entropy)
        within(
            "options.optimizer", 1,
            batch=self.batch, fitting=self.fitting, iterations=self.iterations,
            draws=self.draws, candidates=self.candidates, hidden=self.hidden,
        )  # fmt: skip
        positive("options.optimizer", learning_rate=self.learning_rate)
        for place, share in enumerate(self.budgets):
            within("options.optimizer", 0, 1, **{f"budgets[{place}]": share})


@attrs.frozen
class TunasOptions:
    """Options of ``tunas``.

    Attributes:
        cost: As for ``pfnag``.
        targets: Targets per device where no limit names one, evenly spread over what costs there
            are.
        batch: Architectures drawn per step, for one target.
        weight: Of the distance from the target in the reward; negative.
        entropy: Weight of the policy's entropy.
        learning_rate: Of the logits.
    """

    cost: str = ""
    targets: int = 3
    batch: int = 8
    weight: float = -0.5
    entropy: float = 0.005
    learning_rate: float = 0.1

    def __attrs_post_init__(self) -> None:
        within("options.optimizer", 1, targets=self.targets, batch=self.batch)
        within("options.optimizer", float("-inf"), 0.0, weight=self.weight)
        within("options.optimizer", 0, entropy=self.entropy)
        positive("options.optimizer", learning_rate=self.learning_rate)
