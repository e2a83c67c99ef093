"""Plain descriptions of a space's choices, for tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog
    from monas_core.record.config import RunConfig
    from monas_core.values.architecture import Choice


def conditions(config: RunConfig, catalog: Catalog) -> dict[str, list[Any]]:
    """``[parent, [options]]`` by conditional choice; empty where the space is not installed."""
    from monas_core.errors import MonasError

    try:
        options = config.options.get("space")
        space = catalog.create("space", config.space, options, preset=config.preset)
    except MonasError:
        return {}
    return {
        choice.name: [choice.condition.choice, list(choice.condition.options)]
        for choice in space.choices.choices
        if choice.condition is not None
    }


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
