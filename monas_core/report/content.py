"""What the scripts of the page draw from: one JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.files import command, finite
from monas_core.record.front_store import to_csv
from monas_core.report.blueprint import blueprint, observed
from monas_core.report.cloud import across, clouds, shifts
from monas_core.report.comparison import Comparison
from monas_core.report.facts import Facts
from monas_core.report.records import Record
from monas_core.ui.text import architecture
from monas_core.values.choices import active_choices
from monas_core.values.knee import knee
from monas_core.values.member import Front, Member, ObjectiveView

Document = Mapping[str, Any]


def content(
    record: Record,
    facts: Facts,
    important: Sequence[str] = (),
    comparison: Comparison | None = None,
) -> dict[str, Any]:
    """Fronts as stored, how to draw architectures, curves, and how to weigh wishes.

    Args:
        record: Of the run.
        facts: Of what is installed.
        important: Choices that matter most first, numbered ones without their number.
        comparison: Of this run with others.
    """
    fronts = record.fronts
    members = [member for front in fronts.values() for member in front.members]
    names = [objective.name for objective in objectives(record)]
    told = record.history.facts.get("conditions")
    conditions = told if isinstance(told, Mapping) else {}
    rows = facts.choices
    if rows is None:
        rows = observed(members, conditions)
    return {
        "pick": command("monas pick", record.path),
        "space": next(iter(fronts.values())).space,
        "objectives": [objective.to_json() for objective in objectives(record)],
        "ratios": list(names[1:] if facts.ratios is None else facts.ratios),
        "fronts": {name: front.to_json() for name, front in fronts.items()},
        "csv": {name: to_csv(front, conditions) for name, front in fronts.items()},
        "summaries": summaries(members, rows),
        "blueprint": blueprint(rows),
        "curves": {
            device: {"seconds": curve.seconds, "gaps": curve.values}
            for device, whole in record.history.curves.items()
            for curve in [whole.gap().thinned()]
        },
        "cloud": clouds(record, shifts(record, objectives(record))),
        "across": across(record),
        "knees": {name: _knees(front) for name, front in fronts.items()},
        "important": list(important),
        "compared": None if comparison is None else _rows(comparison),
    }


def _knees(front: Front) -> dict[str, str]:
    """Key of the knee in the plane of the first and each other objective, where there is one."""
    first, *costs = front.objectives
    found = {cost.name: knee(front.members, cost, first) for cost in costs}
    return {name: member.key for name, member in found.items() if member is not None}


def _rows(comparison: Comparison) -> dict[str, dict[str, list[list[float]]]]:
    """By device and run, the values of each member."""
    names = [objective.name for objective in comparison.objectives]
    return {
        device: {
            entry.run: [[m.values[name] for name in names] for m in entry.front.members]
            for entry in entries
        }
        for device, entries in comparison.devices.items()
    }


def objectives(record: Record) -> tuple[ObjectiveView, ...]:
    """The same on every device of a run."""
    return next(iter(record.fronts.values())).objectives


def summaries(members: Sequence[Member], rows: Sequence[Document]) -> dict[str, str]:
    """One line per architecture, by key: its answers that count."""
    conditions = {
        row["name"]: [row["condition"]["choice"], row["condition"]["options"]]
        for row in rows
        if row.get("condition")
    }
    return {
        member.key: architecture(active_choices(member.choices, conditions)) for member in members
    }


def as_script(value: Any) -> str:
    """JSON that may stand inside ``<script>``: nothing in it can end the element."""
    text = json.dumps(finite(value), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
