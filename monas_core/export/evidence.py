"""What a run found of an architecture: its values on the fronts, with unit and origin."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monas_core.errors import Caution, UsageError
from monas_core.files import inside
from monas_core.record.front_store import read_front


def evidence(run: Path, key: str, trained: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """``{"device", "name", "value", "unit", "origin"}`` for each value of each front with it.

    A front that is damaged has nothing to say here, and a Caution says so.

    Args:
        run: The folder.
        key: Of the architecture.
        trained: What a training of its own found: those scores then stand for what the fronts
            say of its quality.
    """
    if trained is not None:
        return [*_reached(trained), *(r for r in evidence(run, key) if not r.pop("score"))]
    rows: list[dict[str, Any]] = []
    for path in sorted(inside(run, "front").glob("*.json")):
        try:
            front = read_front(inside(run, "front", path.name))
        except UsageError as error:
            told = f"{str(error).rstrip('.')}; the model card says nothing of it."
            warnings.warn(told, Caution, stacklevel=2)
            continue
        rows += [
            {
                "device": front.device,
                "name": objective.name,
                "value": member.values[objective.name],
                "unit": objective.unit,
                "origin": member.origin[objective.name],
                "score": objective.score,
            }
            for member in front.members
            if member.key == key
            for objective in front.objectives
        ]
    return rows


def _reached(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    score, after = result.get("score", {}), result.get("after", {})
    name = score.get("name")
    if not isinstance(after.get(name), float):
        return []
    told = {"name": name, "value": after[name], "unit": score.get("unit", "")}
    return [{"device": "any", **told, "origin": "measured"}]
