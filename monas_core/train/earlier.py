"""What a training finds of an earlier one of the same subnet: the same, a shorter, or another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from monas_core.errors import UsageError
from monas_core.files import remove
from monas_core.train.folder import TrainedFolder
from monas_core.train.settings import TrainSettings
from monas_core.values.budget import Budget


@attrs.frozen
class Earlier:
    """A finished training that is gone on with for longer.

    Attributes:
        steps: It took.
        before: Scores before its first step.
        left: Of the budget asked for now, what it has not spent.
    """

    steps: int
    before: Mapping[str, float]
    left: Budget

    def to_json(self) -> dict[str, Any]:
        """Plain form, for ``settings.json``."""
        return {"steps": self.steps, "before": dict(self.before), "left": str(self.left)}

    @classmethod
    def of(cls, folder: TrainedFolder) -> Earlier | None:
        """What the settings of a training say that it goes on from. Raises UsageError."""
        kept = folder.settings().get("earlier")
        if kept is None:
            return None
        try:
            return cls(int(kept["steps"]), dict(kept["before"]), Budget.parse(kept["left"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"{folder.at('settings.json')} is damaged ({error}); train the subnet again with "
                "--anew."
            ) from error


def complete(folder: TrainedFolder) -> bool:
    """Whether the result is that of the settings: an extension may have been killed between."""
    return folder.finished and folder.result().get("steps") == folder.settings().get("steps")


def longer(folder: TrainedFolder, settings: TrainSettings) -> Earlier | None:
    """What there is to go on from where more of the same is asked for; ``None`` for the same.

    Raises:
        UsageError: It was another training, or it is not finished yet.
    """
    before, now = folder.settings().get("settings", {}), settings.to_json()
    key = folder.path.name
    if "adopted" in before:
        raise UsageError(
            f"Architecture {key} has weights that were adopted; keep them, or replace them with "
            "--anew (in Python: anew=True)."
        )
    differing = [name for name in now if before.get(name) != now[name]]
    if not differing:
        return None
    left = _left(before, settings) if differing == ["budget"] else None
    if left is None:
        told = ", ".join(f"{name} {before.get(name)}" for name in differing)
        raise UsageError(
            f"Architecture {key} has been trained with {told}; give the same settings (a larger "
            "budget goes on from there), or replace that training with --anew."
        )
    if not complete(folder):
        raise UsageError(
            f"Architecture {key} is in training for {before['budget']}, which has not ended; "
            f"finish that with the same settings, then go on to {settings.budget}."
        )
    result = folder.result()
    return Earlier(int(result["steps"]), result.get("before", {}), left)


def _left(before: Mapping[str, Any], settings: TrainSettings) -> Budget | None:
    """How much more is asked for; ``None`` where it is less, or cannot be compared."""
    try:
        spent = Budget.parse(str(before.get("budget")))
    except UsageError:
        return None
    more = settings.budget.amount - spent.amount
    return Budget(more, spent.unit) if settings.budget.unit == spent.unit and more > 0 else None


def go_on(folder: TrainedFolder, document: Mapping[str, Any]) -> None:
    """Turn a finished training into the beginning of a longer one; its weights stay.

    In this order a kill anywhere leaves one that goes on: see ``complete``.
    """
    folder.start(document)
    remove(folder.at("events.jsonl"))
    remove(folder.at("result.json"))
