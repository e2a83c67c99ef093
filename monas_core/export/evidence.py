"""What a run found of an architecture: its values on the fronts, with unit and origin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.files import inside
from monas_core.record.frontfile import read_front


def evidence(run: Path, key: str) -> list[dict[str, Any]]:
    """``{"device", "name", "value", "unit", "origin"}`` for each value of each front with it.

    A front that is missing or damaged has nothing to say here.
    """
    rows: list[dict[str, Any]] = []
    for path in sorted(inside(run, "front").glob("*.json")):
        try:
            front = read_front(inside(run, "front", path.name))
        except UsageError:
            continue
        rows += [
            {
                "device": front.device,
                "name": objective.name,
                "value": member.values[objective.name],
                "unit": objective.unit,
                "origin": member.origin[objective.name],
            }
            for member in front.members
            if member.key == key
            for objective in front.objectives
        ]
    return rows
