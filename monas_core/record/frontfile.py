"""The front of one device on disk: JSON (schema 1) and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.errors import UsageError
from monas_core.files import parse_json, strict_json, write_text
from monas_core.parts.objective import Objective, sign
from monas_core.values.front import Scale, non_dominated
from monas_core.values.member import SCHEMA, Front, Member, ObjectiveView
from monas_core.values.value import Evaluation

_OVER = "needs beyond memory [MB]"
"""Column of a CSV file: what a network that does not fit into the device needs."""


def view_of(objective: Objective) -> ObjectiveView:
    """What files and screens know of an objective."""
    score = objective.score or ""
    return ObjectiveView(objective.short, objective.unit, objective.direction, score)


def front_of(
    space: str,
    device: str,
    objectives: Sequence[Objective],
    evaluations: Sequence[Evaluation],
    scale: Scale,
    predicted: Sequence[Mapping[str, float]],
    *,
    held_out: bool,
) -> Front:
    """The non-dominated members of some evaluations, best first objective first.

    ``reference_point`` is in each objective's own unit and direction; the
    hypervolume is the share of the box between it and the scale's low end
    (values beyond that end can make it exceed 1).
    """
    signs = np.array([sign(objective) for objective in objectives])
    points = np.array(
        [[e.values[o.short].value for o in objectives] for e in evaluations], dtype=np.float64
    ).reshape(-1, len(objectives))
    kept = non_dominated(points * signs) & np.isfinite(points).all(axis=1)
    order = [i for i in np.argsort(points[:, 0] * signs[0], kind="stable") if kept[i]]
    return Front(
        space=space,
        device=device,
        held_out=held_out,
        objectives=tuple(map(view_of, objectives)),
        reference_point=tuple((np.array(scale.reference_point()) * signs).tolist()),
        ideal_point=tuple((scale.low * signs).tolist()),
        hypervolume=scale.hypervolume(points[kept] * signs),
        members=tuple(member_of(evaluations[i], predicted[i]) for i in order),
    )


def member_of(evaluation: Evaluation, predicted: Mapping[str, float]) -> Member:
    """One architecture with its values, where they come from, and what was predicted."""
    values = evaluation.values
    return Member(
        key=evaluation.architecture.key,
        architecture=evaluation.architecture.to_json(),
        values={name: value.value for name, value in values.items()},
        origin={name: value.origin for name, value in values.items()},
        spread=_finite({n: v.spread for n, v in values.items() if v.spread is not None}),
        predicted=_finite(predicted),
        extra=_finite({key: n for value in values.values() for key, n in value.extra.items()}),
    )


def _finite(table: Mapping[str, float]) -> dict[str, float]:
    """Companion figures may overflow (a perplexity is an exponential); JSON has no word for it."""
    return {name: number for name, number in table.items() if math.isfinite(number)}


def write_front(folder: Path, front: Front) -> Path:
    """``front/<device>.json`` and ``.csv``; returns the path of the JSON."""
    path = folder / f"{front.device}.json"
    write_text(path, strict_json(front.to_json(), indent=1) + "\n")
    write_text(path.with_suffix(".csv"), to_csv(front))
    return path


def to_csv(front: Front) -> str:
    """One row per member: key, values with unit in the header, origins, choices."""
    names = front.names
    choices = list(dict.fromkeys(name for member in front.members for name in member.choices))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    heads = [f"{o.name} [{o.unit}]" for o in front.objectives]
    trained = front.retrained_objectives
    heads += [f"{o.name} retrained [{o.unit}]" for o in trained]
    if any(member.exceeds_memory for member in front.members):
        heads.append(_OVER)
    writer.writerow(map(_cell, ["key", *heads, *(f"{name} origin" for name in names), *choices]))
    for member in front.members:
        values: list[Any] = [member.values[name] for name in names]
        values += [member.retrained.get(o.name, "") for o in trained]
        values += [member.exceeds_memory.get("needs_mb", "")] if _OVER in heads else []
        origins = [member.origin[name] for name in names]
        answers = [member.choices.get(name, "") for name in choices]
        writer.writerow(map(_cell, [member.key, *values, *origins, *answers]))
    return stream.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text."""
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value


def read_front(path: Path) -> Front:
    """Read a front file. Raises UsageError when it is missing, damaged or of another schema."""
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"Front file {path} is missing; is the run finished?") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"Front file {path} is damaged: {error}.") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(
            f"Front file {path} is not of schema {SCHEMA}; it was not written by this version."
        )
    try:
        return Front.from_json(document)
    except ValueError as error:
        raise UsageError(f"Front file {path} is damaged: {error}.") from error
