"""The front of one device as a scatter in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, boxed
from monas_core.ui.highlights import MEMBER, highlights, staircase
from monas_core.ui.limits import limit_lines
from monas_core.ui.parts import Cloud, FrontView
from monas_core.ui.plot import Axis, Plot
from monas_core.ui.telling import introduced
from monas_core.ui.text import ARROW, number
from monas_core.ui.view import ViewState
from monas_core.values.member import ObjectiveView

CLOUD_STYLE = "bright_black"


def front_panel(
    state: ViewState,
    device: str,
    width: int,
    height: int,
    axes: tuple[int, int] = (1, 0),
    *,
    second: bool = False,
) -> Block:
    """A framed scatter; ``axes`` are the objectives across and up, by index.

    A ``second`` one below another says only what differs from the first.
    """
    front = state.fronts.get(device)
    if front is None or not state.objectives:
        empty = Text("no architecture has been evaluated yet", "dim")
        return boxed("front", [empty], width, height)
    up = state.objectives[min(axes[1], len(state.objectives) - 1)]
    across = state.objectives[min(axes[0], len(state.objectives) - 1)]
    title = _title(device, front, state)
    if second:
        title = Text.assemble((device, "bold"), f"  {up.name} over {across.name}")
    drawn = _scatter(state, device, front, across, up, width - 4, height - 2)
    return boxed(title, drawn, width, height)


def _title(device: str, front: FrontView, state: ViewState) -> Text:
    title = Text.assemble((device, "bold"))
    title.append(f"  {len(front.members)} on the front")
    title.append(f"  hypervolume {number(front.hypervolume, 3)}")
    if front.hypervolume > 1:  # the scale is that of the references, which can be beaten
        title.append(" (1: all that the references reach)", "dim")
    for line in limit_lines(front.limits):
        title.append(f"  {line}", "yellow")
    if device in state.held_out:
        title.append("  held out", "magenta")
    if front.split == "final":
        title.append("  unseen data", "green")
    return title


def _scatter(
    state: ViewState,
    device: str,
    front: FrontView,
    across: ObjectiveView,
    up: ObjectiveView,
    width: int,
    height: int,
) -> Block:
    """Evaluated architectures as dots, members as discs, the front as a stepped line."""
    members = _points([m.values for m in front.members], across, up)
    cloud = state.clouds.get(f"{front.split}/{device}", Cloud())
    others = _points(cloud.points, across, up)
    shown = members + others
    plot = Plot(
        width,
        height,
        Axis.around((x for x, _ in shown), may_log=True),
        Axis.around(y for _, y in shown),
        axis_label(across, width // 3),
        axis_label(up, width * 2 // 3),
    )
    for point in others:
        plot.canvas.dot(*plot.place(*point), CLOUD_STYLE)
    corners = staircase(members, across.direction == "min", up.direction == "min")
    plot.curve(corners, "cyan")
    for point in members:
        plot.canvas.glyph(*plot.place(*point), MEMBER, ACCENT)
    for highlight in reversed(highlights(front.members, state.objectives)):
        for point in _points([highlight.member.values], across, up):
            plot.canvas.glyph(*plot.place(*point), highlight.sign, f"bold {highlight.colour}")
    return plot.lines()


def _points(
    values: Sequence[Mapping[str, float]], across: ObjectiveView, up: ObjectiveView
) -> list[tuple[float, float]]:
    return [
        (row[across.name], row[up.name]) for row in values if across.name in row and up.name in row
    ]


def axis_label(objective: ObjectiveView, room: int) -> str:
    """Name, unit, and which way is better: in words where there is room."""
    worded = introduced(objective)
    if len(worded) <= room:
        return worded
    unit = f" {objective.unit}" if objective.unit not in ("", objective.name) else ""
    return f"{objective.name}{unit} {ARROW.get(objective.direction, '')}".rstrip()
