"""A comparison of runs as a picture: a panel per device, a stepped front per run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from monas_core.files import write_bytes
from monas_core.record.picture import SERIES, dressed
from monas_core.report.comparison import Comparison, Entry
from monas_core.ui.text import number
from monas_core.values.knee import stepped

_COLUMNS = 3
_MOST = 12
"""Panels: with more of them nothing can be read."""


def draw(path: Path, found: Comparison) -> None:
    """Write the picture as PNG; devices beyond the first dozen are left out, and it says so."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = dict(list(found.devices.items())[:_MOST])
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(max(7.0, 4.2 * columns), 0.9 + 3.4 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    for panel, (device, entries) in zip(panels, shown.items(), strict=False):
        _draw_device(panel, device, list(entries), found)
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    left_out = len(found.devices) - len(shown)
    more = f" ({left_out} more devices in the table)" if left_out else ""
    figure.suptitle(
        f"Fronts of {len(found.runs)} runs; in brackets the share of a common box{more}",
        x=0.01, ha="left", fontsize=12,
    )  # fmt: skip
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write_bytes(path, buffer.getvalue())


def _draw_device(panel: Any, device: str, entries: list[Entry], found: Comparison) -> None:
    order = list(found.runs)
    objectives = found.objectives
    for entry in entries:
        index = order.index(entry.run)
        colour, label = SERIES[index % len(SERIES)], f"{entry.run} ({number(entry.hypervolume, 3)})"
        if len(objectives) == 1:
            best = entry.best(objectives[0])
            panel.plot([index], [best], "o", color=colour, label=label)
            continue
        quality, cost = objectives[:2]
        steps = stepped(entry.front.members, cost, quality)
        across = [member.values[cost.name] for member in steps]
        up = [member.values[quality.name] for member in steps]
        style = ("solid", (0, (4, 2)), (0, (1, 1)))[index % 3]
        panel.step(across, up, where="post" if cost.direction == "min" else "pre",
                   color=colour, linestyle=style, linewidth=1.5, label=label)  # fmt: skip
    if len(objectives) > 1:
        known = [m.values[objectives[1].name] for e in entries for m in e.front.members]
        if known and min(known) > 0:
            panel.set_xscale("log")
        dressed(panel, objectives[1], objectives[0])
    panel.set_title(device, loc="left", fontsize=10)
    panel.legend(fontsize=8, frameon=False)
