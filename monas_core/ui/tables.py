"""The tables of the live screen: devices, and the best architectures of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, boxed, exact, sparkline
from monas_core.ui.highlights import highlights
from monas_core.ui.text import ARROW, active_choices, architecture, number
from monas_core.ui.view import ViewState
from monas_core.values.member import Member, ObjectiveView

WIDE_TABLE = 110


def best(state: ViewState, device: str, width: int, height: int) -> Block:
    """The members worth naming, with the colours they have in the scatter."""
    front = state.fronts.get(device)
    title = Text.assemble(("best so far", "bold"))
    if front is None:
        return boxed(title, [Text("no architecture has been evaluated yet", "dim")], width, height)
    title.append(f"  on {device}")
    found = highlights(front.members, state.objectives)[: max(0, height - 3)]
    heads = [head(objective) for objective in state.objectives]
    cells = [[with_unit(h.member.values.get(o.name), o) for o in state.objectives] for h in found]
    sizes = [max(len(row[i]) for row in (heads, *cells)) for i in range(len(heads))]
    margin = max((len(h.label) for h in found), default=0)
    rows = [Text(f"  {'':{margin}}{_row(heads, sizes)}   architecture", style="dim")]
    for highlight, values in zip(found, cells, strict=True):
        line = Text.assemble(("◆ ", f"bold {highlight.colour}"), highlight.label.ljust(margin))
        line.append(_row(values, sizes), "bold")
        line.append("   " + describe(state, highlight.member, compact=width < WIDE_TABLE))
        rows.append(line)
    return boxed(title, rows, width, height)


def _row(cells: Sequence[str], sizes: Sequence[int]) -> str:
    return "".join("  " + cell.rjust(size) for cell, size in zip(cells, sizes, strict=True))


def head(objective: ObjectiveView) -> str:
    """Title of an objective's column: its name and which way is better."""
    return f"{objective.name} {ARROW.get(objective.direction, '')}".rstrip()


def with_unit(value: float | None, objective: ObjectiveView) -> str:
    """A value with its unit, unless that is a long word."""
    short = objective.unit if value is not None and len(objective.unit) <= 4 else ""
    return f"{number(value)} {short}".rstrip()


def describe(state: ViewState, member: Member, *, compact: bool = False) -> str:
    """The answers of a member that count, in one line."""
    choices = member.architecture.get("choices", member.architecture)
    active = active_choices(choices, state.facts.get("conditions") or {})
    return architecture(active, compact=compact)


def devices(state: ViewState, focus: str, width: int, height: int) -> Block:
    """One line per device; when there are more than fit, those around the shown one."""
    names = [*state.devices, *(d for d in state.held_out if d in state.fronts)]
    inner, room = width - 4, height - 3
    start = 0
    if len(names) > room and focus in names:
        start = min(max(0, names.index(focus) - room // 2), len(names) - room)
    shown = names[start : start + room]
    table = [_device_head(state), *(_device_cells(state, name) for name in shown)]
    sizes = [max(len(row[i]) for row in table if i < len(row)) for i in range(len(table[0]))]
    sizes[0] = min(sizes[0], max(8, inner // 3))
    while len(sizes) > 2 and sum(sizes) + 2 * len(sizes) > inner:
        sizes.pop()
    rows: Block = []
    for name, cells in zip(("", *shown), table, strict=True):
        rows.append(_device_row(state, name, cells, sizes, focus, inner))
    title = Text.assemble(("devices", "bold"), f"  {len(state.devices)} searched")
    if state.held_out:
        title.append(f", {len(state.held_out)} held out")
    return boxed(title, rows, width, height)


def _device_head(state: ViewState) -> list[str]:
    return ["", "front", "hypervol.", *(f"best {o.name}" for o in state.objectives)]


def _device_cells(state: ViewState, name: str) -> list[str]:
    front = state.fronts.get(name)
    if front is None:
        return [name, "–"]
    cells = [name, str(len(front.members)), number(front.hypervolume, 3)]
    for objective in state.objectives:
        values = [m.values.get(objective.name) for m in front.members]
        known = [value for value in values if value is not None]
        pick = min if objective.direction == "min" else max
        cells.append(with_unit(pick(known), objective) if known else "–")
    return cells


def _device_row(
    state: ViewState, name: str, cells: list[str], sizes: list[int], focus: str, width: int
) -> Text:
    focused = bool(name) and name == focus
    line = Text.assemble(("▶ " if focused else "  ", f"bold {ACCENT}"))
    line.append(cells[0][: sizes[0]].ljust(sizes[0]), "bold" if focused else "default")
    for cell, size in zip(cells[1:], sizes[1:], strict=False):
        line.append(f"  {cell:>{size}}", "default" if name else "dim")
    front = state.fronts.get(name)
    room = width - line.cell_len - 2
    if front is not None and len(front.trend.shown) > 1 and room >= 4:
        line.append("  ").append_text(sparkline(front.trend.shown, min(room, 24)))
    return exact(line, width)
