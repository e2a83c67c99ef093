"""The front of one device on disk: JSON (schema 1), CSV, and the picture of a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.errors import UsageError
from monas_core.files import write_text
from monas_core.parts.objective import Objective, sign
from monas_core.values.front import Scale, non_dominated
from monas_core.values.value import Evaluation

SCHEMA = 1


def front_document(
    space: str,
    device: str,
    objectives: Sequence[Objective],
    evaluations: Sequence[Evaluation],
    scale: Scale,
    predicted: Sequence[Mapping[str, float]],
    *,
    held_out: bool,
) -> dict[str, Any]:
    """The non-dominated members of some evaluations, best first objective first.

    ``reference_point`` is in each objective's own unit and direction; the
    hypervolume is the share of the box between it and the scale's low end
    (values beyond that end can make it exceed 1).
    """
    signs = np.array([sign(objective) for objective in objectives])
    points = np.array(
        [[e.values[o.short].value for o in objectives] for e in evaluations], dtype=np.float64
    ).reshape(-1, len(objectives))
    kept = non_dominated(points * signs)
    order = [i for i in np.argsort(points[:, 0] * signs[0], kind="stable") if kept[i]]
    return {
        "schema": SCHEMA,
        "space": space,
        "device": device,
        "held_out": held_out,
        "objectives": [
            {"name": o.short, "unit": o.unit, "direction": o.direction} for o in objectives
        ],
        "reference_point": (np.array(scale.reference_point()) * signs).tolist(),
        "ideal_point": (scale.low * signs).tolist(),
        "hypervolume": scale.hypervolume(points[kept] * signs),
        "members": [member(evaluations[i], predicted[i]) for i in order],
    }


def member(evaluation: Evaluation, predicted: Mapping[str, float]) -> dict[str, Any]:
    """One architecture with its values, where they come from, and what was predicted."""
    values = evaluation.values
    document: dict[str, Any] = {
        "architecture": evaluation.architecture.to_json(),
        "key": evaluation.architecture.key,
        "values": {name: value.value for name, value in values.items()},
        "origin": {name: value.origin for name, value in values.items()},
        "spread": {n: v.spread for n, v in values.items() if v.spread is not None},
        "predicted": dict(predicted),
    }
    extra = {key: number for value in values.values() for key, number in value.extra.items()}
    return document | ({"extra": extra} if extra else {})


def write_front(folder: Path, document: Mapping[str, Any]) -> Path:
    """``front/<device>.json`` and ``.csv``; returns the path of the JSON."""
    path = folder / f"{document['device']}.json"
    write_text(path, json.dumps(document, indent=1) + "\n")
    write_text(path.with_suffix(".csv"), to_csv(document))
    return path


def to_csv(document: Mapping[str, Any]) -> str:
    """One row per member: key, values with unit in the header, origins, choices."""
    objectives = document["objectives"]
    names = [objective["name"] for objective in objectives]
    members = document["members"]
    choices = list(members[0]["architecture"]["choices"]) if members else []
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["key"]
        + [f"{o['name']} [{o['unit']}]" for o in objectives]
        + [f"{name} origin" for name in names]
        + choices
    )
    for item in members:
        answers = item["architecture"]["choices"]
        writer.writerow(
            [item["key"]]
            + [item["values"][name] for name in names]
            + [item["origin"][name] for name in names]
            + [answers[name] for name in choices]
        )
    return stream.getvalue()


def read_front(path: Path) -> dict[str, Any]:
    """Read a front file. Raises UsageError when it is missing, damaged or of another schema."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"Front file {path} is missing; is the run finished?") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"Front file {path} is damaged: {error}.") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(
            f"Front file {path} is not of schema {SCHEMA}; it was not written by this version."
        )
    try:
        _check(document)
    except (KeyError, TypeError, ValueError) as error:
        fault = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"Front file {path} is damaged: {fault}.") from error
    return document


def _check(document: Mapping[str, Any]) -> None:
    """Touch every part that is read; KeyError, TypeError or ValueError for what is not there."""
    names = [str(objective["name"]) for objective in document["objectives"]]
    for objective in document["objectives"]:
        _ = str(objective["unit"]), str(objective["direction"])
    _ = str(document["device"]), bool(document["held_out"]), float(document["hypervolume"])
    if len([float(number) for number in document["ideal_point"]]) != len(names):
        raise ValueError("ideal_point does not fit the objectives")
    for item in document["members"]:
        _ = str(item["key"]), dict(item["architecture"]["choices"])
        _ = [(float(item["values"][name]), str(item["origin"][name])) for name in names]


def draw(path: Path, documents: Sequence[Mapping[str, Any]]) -> None:
    """``front.png``: first against second objective, a panel per device, third as colour."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from monas_core.files import write_bytes

    columns = min(4, len(documents))
    rows = -(-len(documents) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.9 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for index, document in enumerate(documents):
        _draw_panel(figure, figure.add_subplot(rows, columns, index + 1), document)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    write_bytes(path, buffer.getvalue())


def _draw_panel(figure: Any, panel: Any, document: Mapping[str, Any]) -> None:
    objectives = document["objectives"]
    labels = [f"{o['name']} [{o['unit']}]" for o in objectives]
    table = [[m["values"][o["name"]] for o in objectives] for m in document["members"]]
    points = np.array(table, dtype=np.float64).reshape(len(table), len(objectives))
    across = 1 if len(objectives) > 1 else 0
    if len(objectives) > 2:
        dots = panel.scatter(points[:, across], points[:, 0], c=points[:, 2], s=18)
        figure.colorbar(dots, ax=panel, label=labels[2])
    else:
        panel.scatter(points[:, across], points[:, 0], s=18)
    mark = " (held out)" if document["held_out"] else ""
    panel.set_title(f"{document['device']}{mark}", fontsize=9)
    panel.set_xlabel(labels[across], fontsize=8)
    panel.set_ylabel(labels[0], fontsize=8)
    panel.tick_params(labelsize=7)
    panel.grid(alpha=0.3)
