"""``fronts.png``: answers against the true front on a few devices, and all hypervolumes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monas_core.bench.results import MAIN, SPLITS, seed_means
from monas_core.files import write_bytes
from monas_core.values.front import Points

_PANELS = 3
"""Devices shown per split."""
_SHOWN = 4
"""Optimizers shown per device."""


def draw(
    path: Path,
    verdict: Mapping[str, Any],
    runs: Sequence[Mapping[str, Any]],
    fronts: Mapping[str, Points],
) -> None:
    """Write the picture: answers of the first seed, hypervolumes of all seeds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    devices = _shown(runs[0])
    splits = [s for s in SPLITS if any(row["split"] == s for row in verdict["results"])]
    columns = max(len(devices), len(splits))
    figure = Figure(figsize=(3.6 * max(2, columns), 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    parts: Any = figure.subfigures(2, 1)
    upper, lower = parts
    for panel, (device, split) in zip(
        upper.subplots(1, len(devices), squeeze=False)[0], devices, strict=True
    ):
        _front_panel(panel, device, split, verdict, runs, fronts[device])
    for panel, split in zip(lower.subplots(1, len(splits), squeeze=False)[0], splits, strict=True):
        _volume_panel(panel, split, verdict)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    write_bytes(path, buffer.getvalue())


def _shown(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A few devices of each split."""
    found: list[tuple[str, str]] = []
    for split in SPLITS:
        names = [entry["device"] for entry in run["devices"] if entry["split"] == split]
        found += [(name, split) for name in names[:_PANELS]]
    return found


def _front_panel(
    panel: Any,
    device: str,
    split: str,
    verdict: Mapping[str, Any],
    runs: Sequence[Mapping[str, Any]],
    front: Points,
) -> None:
    objectives = verdict["objectives"]
    signs = np.array([1.0 if o["direction"] == "min" else -1.0 for o in objectives])
    across = min(1, len(objectives) - 1)
    shown = front * signs
    panel.plot(shown[:, across], shown[:, 0], "o", color="0.8", markersize=6, label="true front")
    for label, colour in _best(verdict):
        run = next(r for r in runs if r["optimizer"] == label)
        answers = next(d["points"] for d in run["devices"] if d["device"] == device)
        points = np.array(answers) * signs
        panel.plot(
            points[:, across], points[:, 0], "x", color=colour, markersize=4, label=label
        )  # fmt: skip
    _zoom(panel, front, verdict["scales"][device], signs, across)
    panel.set_title(f"{device}{' (held out)' if split != 'search' else ''}", fontsize=9)
    panel.set_xlabel(_label(objectives[across]), fontsize=8)
    panel.set_ylabel(_label(objectives[0]), fontsize=8)
    panel.tick_params(labelsize=7)
    panel.legend(fontsize=6)
    panel.grid(alpha=0.3)


def _best(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels and colours of the few best on the search devices; more would hide each other."""
    rows = [row for row in verdict["summary"] if row["split"] == SPLITS[0]]
    rows.sort(key=lambda row: -row[MAIN]["mean"])
    labels = [row["optimizer"] for row in rows[:_SHOWN]]
    return [(label, colour) for label, colour in _colours(verdict) if label in labels]


def _colours(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(entry["label"], f"C{i % 10}") for i, entry in enumerate(verdict["optimizers"])]


def _zoom(panel: Any, front: Points, scale: Mapping[str, Any], signs: Points, across: int) -> None:
    """Show the extent of the front that dominates the reference point, and some more."""
    inside = front[(front < np.array(scale["reference_point"])).all(axis=1)] * signs
    if len(inside) > 1:
        low, high = inside.min(axis=0), inside.max(axis=0)
        margin = 0.08 * np.where(high > low, high - low, 1.0)
        panel.set_xlim(low[across] - margin[across], high[across] + margin[across])
        panel.set_ylim(low[0] - margin[0], high[0] + margin[0])


def _label(objective: Mapping[str, str]) -> str:
    return f"{objective['name']} [{objective['unit']}]"


def _volume_panel(panel: Any, split: str, verdict: Mapping[str, Any]) -> None:
    labels: list[str] = []
    for index, (label, colour) in enumerate(_colours(verdict)):
        labels.append(label)
        values = seed_means(verdict["results"], label, split, MAIN)
        aside = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(1)
        panel.plot(index + aside, values, "o", color=colour, markersize=4)
        panel.plot([index - 0.3, index + 0.3], [np.mean(values)] * 2, color=colour)
    panel.set_xticks(range(len(labels)), labels, rotation=30, fontsize=8)
    panel.set_title(f"{split} devices, {verdict['budget']}", fontsize=9)
    panel.set_ylabel("relative hypervolume", fontsize=8)
    panel.tick_params(axis="y", labelsize=7)
    panel.grid(axis="y", alpha=0.3)
