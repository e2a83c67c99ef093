"""Everything a search evaluated, as points beside the front; and a network on all devices."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from monas_core.errors import UsageError
from monas_core.record.logs import read_lines
from monas_core.report.records import Record
from monas_core.values.member import ObjectiveView
from monas_core.values.reading import finite_number

_MOST_POINTS = 600
"""Of a device: more only makes the page heavier."""
_DIGITS = 5

Cloud = Mapping[str, list[float]]
"""Values by objective, in the same order."""


def clouds(record: Record, shift: Mapping[str, float]) -> dict[str, Cloud]:
    """By device, the values of evenly chosen architectures that the search evaluated.

    Args:
        record: Of the run.
        shift: Added to the values of an objective, see ``shifts``.
    """
    names = next(iter(record.fronts.values())).names
    found: dict[str, Cloud] = {}
    for device in record.fronts:
        rows = [e.values[device] for e in record.history.evaluated.values() if device in e.values]
        rows = [row for row in rows if all(finite_number(row.get(name)) for name in names)]
        rows = rows[:: -(-len(rows) // _MOST_POINTS)] if rows else []
        if rows:
            found[device] = {
                name: [_short(row[name] + shift.get(name, 0.0)) for row in rows] for name in names
            }
    return found


def shifts(record: Record, objectives: Sequence[ObjectiveView]) -> dict[str, float]:
    """Median differences between the values of members and those they had in the search.

    Quality is judged on other data in the end than in the search; moved by this, points of the
    search can be drawn beside the front. Of objectives that are the same on every device only.
    """
    found: dict[str, float] = {}
    for objective in objectives:
        name, differences = objective.name, []
        for front in record.fronts.values():
            for member in front.members:
                known = record.history.evaluated.get(member.key)
                values = known.values.get(front.device, {}) if known else {}
                if name in values and member.origin.get(name) == "measured":
                    differences.append((front.device, member.values[name] - values[name]))
        if len({device for device, _ in differences}) > 1 or len(record.fronts) == 1:
            moved = [difference for _, difference in differences]
            found |= {name: median(moved)} if moved else {}
    return {name: value for name, value in found.items() if value}


def across(record: Record) -> dict[str, dict[str, dict[str, float]]]:
    """By key of a member and by device, what is known of it there: from fronts and the archive."""
    members = [member for front in record.fronts.values() for member in front.members]
    keys = {_canonical(m.architecture): m.key for m in members}
    found: dict[str, dict[str, dict[str, float]]] = {m.key: {} for m in members}
    shorts = dict(zip(record.objectives, next(iter(record.fronts.values())).names, strict=False))
    for line in _archive(record):
        key = keys.get(_canonical(line.get("architecture")))
        name, value = shorts.get(str(line.get("objective"))), line.get("value")
        if key is None or name is None or not finite_number(value):
            continue
        where = [line["device"]] if line.get("device") else list(record.fronts)
        for device in where:
            found[key].setdefault(str(device), {})[name] = _short(float(value or 0.0))
    for front in record.fronts.values():
        for member in front.members:
            values = {name: _short(value) for name, value in member.values.items()}
            found[member.key].setdefault(front.device, {}).update(values)
    return found


def _archive(record: Record) -> list[Mapping[str, Any]]:
    """Well-founded values as stored; none where the archive is lost, which a report survives."""
    try:
        lines = list(read_lines(record.path / "archive.jsonl"))
    except (OSError, UsageError):
        return []
    return [line for line in lines if line.get("split") == "final"]


def _canonical(architecture: Any) -> str:
    return json.dumps(architecture, sort_keys=True, allow_nan=False)


def _short(value: float) -> float:
    """Enough digits to draw."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else value
