"""Plain descriptions of a space's choices, for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monas_core.record.rundir import RunFolder
    from monas_core.values.architecture import Choice


def conditions(folder: RunFolder) -> dict[str, list[Any]]:
    """``[parent, [options]]`` by conditional choice, as the log of a run tells; else none."""
    from monas_core.errors import UsageError
    from monas_core.events import RunStarted

    try:
        begun = next((e for e in folder.events() if isinstance(e, RunStarted)), None)
    except UsageError:  # a damaged log hides no front
        return {}
    return dict(begun.facts.get("conditions", {})) if begun is not None else {}


def described(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """One row per choice."""
    return [
        {
            "name": choice.name,
            "options": list(choice.options),
            "ordered": choice.ordered,
            "condition": None
            if choice.condition is None
            else {"choice": choice.condition.choice, "options": list(choice.condition.options)},
        }
        for choice in choices
    ]
