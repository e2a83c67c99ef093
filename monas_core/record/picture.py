"""The picture of a run, ``front.png``: its fronts in one panel, as one would show a colleague."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.ui.fronttable import meaning
from monas_core.ui.text import ARROW
from monas_core.ui.words import front_in_words, told_best
from monas_core.values.knee import stepped
from monas_core.values.member import Front, ObjectiveView

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b27a00", "#1a86bd", "#5f5f5f", "#7a3e9d",
)  # fmt: skip
"""Okabe and Ito's palette, its light tones darkened so that labels can be read on white."""
_INK, _DIM = "#1a1d21", "#59616b"
_SLOT = 0.026
"""Least distance between two labels, as a share of the panel's width."""


def figure_of(fronts: Sequence[Front], title: str = "") -> Figure:
    """First against second objective: a stepped line per device, labelled at its best end.

    Devices that the search never saw are dashed. The cheapest member of the first front that is
    nearly as good as its best is starred; what it gains is the subtitle.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 6.2), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.add_subplot()
    shown = [front for front in fronts if front.members]
    if len(fronts[0].objectives) < 2:
        _draw_single(panel, shown)
    else:
        _draw_fronts(panel, shown)
    where = fronts[0].device if len(fronts) == 1 else f"{len(fronts)} devices"
    panel.set_title(title or f"{fronts[0].space} on {where}", loc="left", fontsize=14, pad=26)
    if shown:
        told = front_in_words(shown[0])
        panel.annotate(
            told, (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points",
            fontsize=9.5, color=_DIM, annotation_clip=False, wrap=True,
        )  # fmt: skip
        figure.supxlabel(_provenance(fronts), fontsize=8, color=_DIM, x=0.01, ha="left")
    return figure


def draw(path: Path, fronts: Sequence[Front], title: str = "") -> None:
    """Write ``figure_of`` as PNG."""
    from monas_core.files import write_bytes

    buffer = io.BytesIO()
    figure_of(fronts, title).savefig(buffer, format="png", dpi=130)
    write_bytes(path, buffer.getvalue())


def _draw_fronts(panel: Any, fronts: Sequence[Front]) -> None:
    quality, cost = fronts[0].objectives[:2] if fronts else (None, None)
    if quality is None or cost is None:
        return
    values = [m.values[cost.name] for front in fronts for m in front.members]
    if min(values) > 0:
        panel.set_xscale("log")
    ends: list[tuple[float, float, str, str]] = []
    for index, front in enumerate(fronts):
        colour = SERIES[index % len(SERIES)]
        steps = stepped(front.members, cost, quality)
        across = [m.values[cost.name] for m in steps]
        up = [m.values[quality.name] for m in steps]
        where = "post" if cost.direction == "min" else "pre"
        dash = (0, (4, 2)) if front.held_out else "solid"
        panel.step(across, up, where=where, color=colour, linestyle=dash, linewidth=1.6)
        panel.plot(across, up, ".", color=colour, markersize=4)
        ends.append((across[-1], up[-1], front.device, colour))
    _star(panel, fronts[0], cost, quality)
    dressed(panel, cost, quality)
    _label_ends(panel, ends, below=quality.direction == "min")


def _star(panel: Any, front: Front, cost: ObjectiveView, quality: ObjectiveView) -> None:
    """The member that the subtitle speaks of."""
    said = told_best(front)
    if said is None:
        return
    point = (said.member.values[cost.name], said.member.values[quality.name])
    panel.plot(*point, "*", color=SERIES[0], markeredgecolor="white", markersize=19, zorder=5)
    panel.annotate(
        f"{said.label}, {front.device}", point, (10, 10), textcoords="offset points",
        fontsize=9.5, color=_INK, weight="bold",
        bbox={"boxstyle": "round,pad=.2", "fc": "white", "ec": "none", "alpha": 0.8},
    )  # fmt: skip


def dressed(panel: Any, cost: ObjectiveView, quality: ObjectiveView) -> None:
    """Titles that say which way is better, a quiet grid, plain numbers on the ticks."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for objective, side in ((cost, panel.xaxis), (quality, panel.yaxis)):
        unit = f" [{objective.unit}]" if objective.unit else ""
        better = "less is better" if objective.direction == "min" else "more is better"
        side.set_label_text(
            f"{objective.said}{unit}   {ARROW[objective.direction]} {better}", color=_INK
        )
    if panel.get_xscale() == "log":
        panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(alpha=0.25)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _label_ends(panel: Any, ends: Sequence[tuple[float, float, str, str]], *, below: bool) -> None:
    """A name at the best end of each line, moved aside where two would meet."""
    low, high = panel.get_ylim()
    room = 0.5 * (high - low)
    panel.set_ylim((low - room, high) if below else (low, high + room))
    to_share = panel.transData + panel.transAxes.inverted()
    known = sorted((tuple(to_share.transform(end[:2])), end) for end in ends)
    places = _apart([share[0] for share, _ in known])
    for (share, (x, y, name, colour)), place in zip(known, places, strict=True):
        height = share[1] + (-0.06 if below else 0.06)
        panel.annotate(
            name, (x, y), (place, height), xycoords="data", textcoords="axes fraction",
            rotation=90, ha="center", va="top" if below else "bottom", fontsize=8.5,
            color=colour, arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.7, "shrinkB": 2},
        )  # fmt: skip


def _apart(places: Sequence[float]) -> list[float]:
    """Ascending places, moved as little as keeps them one slot apart and inside the panel."""
    moved = list(places)
    for _ in range(200):
        for i in range(1, len(moved)):
            lack = _SLOT - (moved[i] - moved[i - 1])
            if lack > 0:
                moved[i - 1] -= lack / 2
                moved[i] += lack / 2
    most = 0.99
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], most)
        most = moved[i] - _SLOT
    return [float(place) for place in moved]


def _draw_single(panel: Any, fronts: Sequence[Front]) -> None:
    """With one objective a front is one value: a mark per device."""
    if not fronts:
        return
    objective = fronts[0].objectives[0]
    names = [front.device + (" (held out)" if front.held_out else "") for front in fronts]
    best = [front.members[0].values[objective.name] for front in fronts]
    panel.plot(best, range(len(best)), "o", color=SERIES[0])
    panel.set_yticks(range(len(best)), names)
    panel.set_ylim(-0.5, len(best) - 0.5)
    unit = f" [{objective.unit}]" if objective.unit else ""
    panel.set_xlabel(f"{objective.said}{unit} {ARROW[objective.direction]}")
    panel.grid(alpha=0.25)


def _provenance(fronts: Sequence[Front]) -> str:
    """Where the values come from, by objective; what dashes mean."""
    parts: list[str] = []
    for name in fronts[0].names[:2]:
        by_origin: dict[str, list[str]] = {}
        for front in fronts:
            for origin in {m.origin.get(name, "") for m in front.members}:
                by_origin.setdefault(origin, []).append(front.device)
        several = len(by_origin) > 1
        told = [
            meaning(origin) + (f" ({_few(devices)})" if several else "")
            for origin, devices in sorted(by_origin.items(), key=lambda item: len(item[1]))
        ]
        parts.append(f"{name}: {', '.join(told)}")
    if any(front.held_out for front in fronts):
        parts.append("dashed: devices the search never saw")
    return " monas   ·   " + "   ·   ".join(parts)


def _few(devices: Sequence[str]) -> str:
    """One or two names, else how many."""
    return " and ".join(devices) if len(devices) < 3 else f"{len(devices)} devices"
