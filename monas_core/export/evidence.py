"""What a run found of an architecture: its values on the fronts, with unit and origin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monas_core.errors import UsageError
from monas_core.record.frontfile import read_front


def evidence(run: Path, key: str) -> list[dict[str, Any]]:
    """``{"device", "name", "value", "unit", "origin"}`` for each value of each front with it.

    A front that is missing or damaged has nothing to say here.
    """
    rows: list[dict[str, Any]] = []
    for path in sorted((run / "front").glob("*.json")):
        try:
            document = read_front(path)
        except UsageError:
            continue
        for member in document["members"]:
            if member["key"] == key:
                rows += [
                    {
                        "device": document["device"],
                        "name": objective["name"],
                        "value": member["values"][objective["name"]],
                        "unit": objective["unit"],
                        "origin": member["origin"][objective["name"]],
                    }
                    for objective in document["objectives"]
                ]
    return rows
