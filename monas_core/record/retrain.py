"""Settings of training members of the final fronts alone, as a part of a run's configuration."""

from __future__ import annotations

from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.values.bounds import within
from monas_core.values.budget import Budget


@attrs.frozen
class RetrainConfig:
    """Training of members of the final fronts alone, after the search; written ``500steps``.

    Attributes:
        budget: Of each of them, in steps or seconds; ``None`` trains none.
        members: At most so many, of all fronts together.
    """

    budget: Budget | None = None
    members: int = 16

    def __attrs_post_init__(self) -> None:
        if self.budget is not None and self.budget.unit == "evaluations":
            raise UsageError(
                f"Retraining is not counted in evaluations, got {self.budget}; "
                "give steps (500steps) or seconds (20s) for each architecture."
            )
        within("retrain", 1, members=self.members)

    @property
    def said(self) -> str:
        """In words."""
        return f"{self.budget} each, at most {self.members} members of the fronts"


def as_group(retrain: Any) -> Any:
    """Settings of a retraining from its budget alone, or from nothing, as a group of keys."""
    if retrain is None:
        return {}
    return {"budget": retrain} if isinstance(retrain, str | Budget) else retrain
