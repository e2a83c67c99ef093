"""How much a search may spend: seconds, steps or evaluations of quality."""

from __future__ import annotations

import re
from typing import Literal

import attrs

from monas_core.errors import UsageError

Unit = Literal["seconds", "steps", "evaluations"]
_SUFFIX: dict[str, Unit] = {"s": "seconds", "steps": "steps", "evals": "evaluations"}


@attrs.frozen
class Budget:
    """An amount of one unit, written ``120s``, ``60steps`` or ``200evals``."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read the written form. Raises UsageError with the allowed forms."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|steps|evals)\s*", text)
        if match is None or float(match[1]) <= 0:
            raise UsageError(
                f'Budget "{text}" is not understood; write a positive number with a unit: '
                "120s, 60steps or 200evals."
            )
        unit = _SUFFIX[match[2]]
        if unit != "seconds" and not float(match[1]).is_integer():
            raise UsageError(f'Budget "{text}" must be a whole number of {unit}.')
        return cls(float(match[1]), unit)

    def __str__(self) -> str:
        suffix = next(text for text, unit in _SUFFIX.items() if unit == self.unit)
        # never in exponent form, which parse does not read
        return f"{self.amount:.9f}".rstrip("0").rstrip(".") + suffix


@attrs.define
class Meter:
    """What a search has spent of its budget; part of the checkpoint."""

    budget: Budget
    seconds: float = 0.0
    steps: int = 0
    evaluations: int = 0

    @property
    def fraction(self) -> float:
        """Share of the budget used, 0 to 1."""
        return min(1.0, self.spent / self.budget.amount)

    @property
    def spent(self) -> float:
        """Amount used, in the budget's unit."""
        return float(getattr(self, self.budget.unit))

    @property
    def left(self) -> float:
        """Amount left, in the budget's unit."""
        return max(0.0, self.budget.amount - self.spent)
