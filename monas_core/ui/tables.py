"""The tables of the live screen: devices, and the best architectures of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from monas_core.ui.blocks import ACCENT, Block, between, boxed, exact, sparkline
from monas_core.ui.highlights import MEMBER, Highlight, highlights
from monas_core.ui.parts import FrontView
from monas_core.ui.text import ARROW, aligned, architecture, number
from monas_core.ui.view import ViewState
from monas_core.values.choices import active_choices
from monas_core.values.member import Member, ObjectiveView

WIDE_TABLE = 110


def best(state: ViewState, device: str, width: int, height: int) -> Block:
    """The members worth naming, with the signs they have in the scatter."""
    front = state.fronts.get(device)
    title = Text.assemble(("best so far" if front and front.split == "search" else "best", "bold"))
    if front is None:
        return boxed(title, [Text("no architecture has been evaluated yet", "dim")], width, height)
    title.append(f"  on {device}")
    found = _filled(highlights(front.members, state.objectives), front.members, height - 3)
    heads, columns = _columns(state, [h.member for h in found], width)
    room, margin = width - 6, max((len(h.label) for h in found), default=0)
    if margin + _taken(_sizes(heads, columns)) > room:  # values go before units, and before labels
        heads[: len(state.objectives)] = [head(objective, 0) for objective in state.objectives]
    sizes = _sizes(heads, columns)
    margin = max(0, min(margin, room - _taken(sizes)))
    rows = [Text(f"  {'':{margin}}{_row(heads, sizes)}   architecture", style="dim")]
    for index, highlight in enumerate(found):
        line = Text.assemble((f"{highlight.sign} ", f"bold {highlight.colour}"))
        label = Text(highlight.label)
        label.truncate(margin, overflow="ellipsis", pad=True)
        line.append(label)
        line.append(_row([column[index] for column in columns], sizes), "bold")
        line.append("   " + describe(state, highlight.member, compact=width < WIDE_TABLE))
        rows.append(line)
    return boxed(title, rows, width, height)


def _sizes(heads: Sequence[str], columns: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, (h, *c))) for h, c in zip(heads, columns, strict=True)]


def _taken(sizes: Sequence[int]) -> int:
    """Characters of a row of cells so wide."""
    return sum(2 + size for size in sizes)


def _filled(
    found: Sequence[Highlight], members: Sequence[Member], rows: int
) -> Sequence[Highlight]:
    """As many as there are rows: what is left goes to other members, spread over the front."""
    named = {id(highlight.member) for highlight in found}
    others = [member for member in members if id(member) not in named]
    free = min(len(others), rows - len(found))
    if free <= 0:
        return found[: max(0, rows)]
    chosen = [others[(2 * i + 1) * len(others) // (2 * free)] for i in range(free)]
    return [*found, *(Highlight("", ACCENT, MEMBER, member) for member in chosen)]


def _columns(
    state: ViewState, members: Sequence[Member], width: int
) -> tuple[list[str], list[list[str]]]:
    """Titles and cells of objectives, and of a companion figure such as the perplexity."""
    heads = [head(objective) for objective in state.objectives]
    columns = [aligned([m.values.get(o.name) for m in members]) for o in state.objectives]
    extras = list(members[0].extra) if members and width >= WIDE_TABLE else []
    if "perplexity" in extras:
        heads.append("perplexity")
        columns.append(aligned([member.extra.get("perplexity") for member in members]))
    return heads, columns


def rows_of_best(state: ViewState) -> int:
    """How many lines ``best`` needs so that no device leaves any of them empty for long."""
    found = (len(highlights(f.members, state.objectives)) for f in state.fronts.values())
    return max(found, default=0) + 3


def _row(cells: Sequence[str], sizes: Sequence[int]) -> str:
    return "".join("  " + cell.rjust(size) for cell, size in zip(cells, sizes, strict=True))


def head(objective: ObjectiveView, longest_unit: int = 8) -> str:
    """Title of an objective's column: its name, its unit unless long, which way is better."""
    said = objective.unit == objective.name or len(objective.unit) > longest_unit
    short = "" if said else objective.unit
    return " ".join(filter(None, (objective.name, short, ARROW.get(objective.direction, ""))))


def describe(state: ViewState, member: Member, *, compact: bool = False) -> str:
    """The answers of a member that count, in one line."""
    choices = member.architecture.get("choices", member.architecture)
    active = active_choices(choices, state.facts.get("conditions") or {})
    return architecture(active, compact=compact)


def devices(state: ViewState, focus: str, width: int, height: int) -> Block:
    """One line per device; when there are more than fit, those around the shown one."""
    names = shown_devices(state)
    inner, room = width - 4, height - 3
    start = 0
    if len(names) > room and focus in names:
        start = min(max(0, names.index(focus) - room // 2), len(names) - room)
    shown = names[start : start + room]
    table = _device_cells(state, shown)
    sizes = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    sizes[0] = min(sizes[0], max(8, inner // 3))
    while len(sizes) > 2 and sum(sizes) + 2 * len(sizes) > inner:
        sizes.pop()
    rows: Block = []
    for name, cells in zip(("", *shown), table, strict=True):
        rows.append(_device_row(state, name, cells, sizes, focus, inner))
    title = Text.assemble(("devices", "bold"), f"  {len(state.devices)} searched")
    if state.held_out:
        title.append(f", {len(state.held_out)} held out")
    title.append("  best values", "dim")
    return boxed(title, rows, width, height)


def _device_cells(state: ViewState, names: Sequence[str]) -> list[list[str]]:
    """Titles, then a row per device: what was asked for first, as the last ones may not fit."""
    fronts = [state.fronts.get(name) for name in names]
    columns = [["", *names]]
    for objective in state.objectives:
        reached = [_reached(front, objective) for front in fronts]
        columns.append([head(objective, 3), *aligned(reached, 3)])
    columns.append(["hypervol.", *aligned([front and front.hypervolume for front in fronts], 3)])
    columns.append(["front", *("–" if f is None else str(len(f.members)) for f in fronts)])
    return [list(row) for row in zip(*columns, strict=True)]


def _reached(front: FrontView | None, objective: ObjectiveView) -> float | None:
    """The best value on a front."""
    values = [member.values.get(objective.name) for member in front.members] if front else []
    known = [value for value in values if value is not None]
    pick = min if objective.direction == "min" else max
    return pick(known, default=None)


def short_list(state: ViewState, focus: str, width: int, height: int) -> Block:
    """Devices with their hypervolume, around the shown one, for a narrow column."""
    names = shown_devices(state)
    start = max(0, min(names.index(focus) - height // 2 if focus in names else 0,
                       len(names) - height))  # fmt: skip
    rows: Block = []
    for name in names[start : start + height]:
        mark = "▶ " if name == focus else "  "
        value = number(state.fronts[name].hypervolume, 3) if name in state.fronts else "–"
        rows.append(between(Text(f"{mark}{name}"), Text(f" {value}"), width))
    return rows


def shown_devices(state: ViewState) -> list[str]:
    """Devices in the order of the table: searched ones, then those held out that have a front."""
    return [*state.devices, *(name for name in state.held_out if name in state.fronts)]


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
