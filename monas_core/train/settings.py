"""How one subnet is trained alone."""

from __future__ import annotations

from typing import Any

import attrs
from cattrs import Converter

from monas_core.errors import UsageError
from monas_core.parts.space import WarmUp
from monas_core.values.budget import Budget


@attrs.frozen
class TrainSettings:
    """A training, completely described.

    Attributes:
        budget: Length, ``500steps`` or ``60s``.
        learning_rate: Peak for what AdamW updates; Muon's rate moves in proportion.
        batch_size: Samples per step.
        from_scratch: Start from fresh weights instead of inherited ones.
        distil: Learn from the logits of the largest subnet, too.
        seed: Of the order of the data and of fresh weights.
    """

    budget: Budget
    learning_rate: float
    batch_size: int
    from_scratch: bool = False
    distil: bool = False
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        if self.budget.unit == "evaluations":
            raise UsageError(
                f"A training is not counted in evaluations, got {self.budget}; "
                "give seconds (60s) or steps (500steps)."
            )
        for name, value in (("learning rate", self.learning_rate), ("batch size", self.batch_size)):
            if not 0 < value < float("inf"):
                raise UsageError(f"The {name} of a training must be positive, got {value:g}.")
        if self.seed < 0:
            raise UsageError(f"seed must be at least 0, got {self.seed}.")

    @classmethod
    def recommended(
        cls,
        warm_up: WarmUp,
        *,
        budget: Budget | str | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        from_scratch: bool = False,
        distil: bool = False,
        seed: int = 0,
    ) -> TrainSettings:
        """What was given, the rest from the warm-up of the supernet.

        Without a budget as many steps as the supernet had in all. Its learning rate suits
        inherited weights too: 400 steps of a tiny GPT end better with it than with less.
        """
        rate = warm_up.learning_rate if learning_rate is None else learning_rate
        length = Budget.parse(budget) if isinstance(budget, str) else budget
        return cls(
            budget=length or Budget(max(1, warm_up.steps), "steps"),
            learning_rate=rate,
            batch_size=warm_up.batch_size if batch_size is None else batch_size,
            from_scratch=from_scratch,
            distil=distil,
            seed=seed,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain form, for ``settings.json``."""
        converter = Converter()
        converter.register_unstructure_hook(Budget, str)
        return converter.unstructure(self)
