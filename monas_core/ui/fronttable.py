"""The members of a front, and a single one, as tables with units and origins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from monas_core.ui.limits import limit_lines
from monas_core.ui.telling import introduced
from monas_core.ui.text import ARROW, aligned, architecture, number
from monas_core.ui.words import against_best
from monas_core.values.choices import active_choices
from monas_core.values.member import Front, Member, ObjectiveView

Conditions = Mapping[str, Sequence[Any]]

_MARKS = {"measured": "●", "tabulated": "◆", "modelled": "○", "predicted": "~"}
_SPREAD_WIDTH = 100
"""From here on each measured value is shown with its spread."""
_EXCEEDS = "!"
"""Marks a network that does not fit into the memory of the device."""
KEPT = "*"
"""Marks a member that stays on the front when it is judged by what training alone reaches."""
_MEANINGS = {
    "measured": "measured",
    "tabulated": "published table",
    "modelled": "modelled",
    "predicted": "predicted",
}


def origin_mark(origin: str | None) -> str:
    """One character for where a value comes from."""
    return _MARKS.get(origin or "", " ")


def meaning(origin: str) -> str:
    """Where a value of this origin comes from, in words."""
    return _MEANINGS.get(origin, origin)


def origin_legend(used: Collection[str]) -> str:
    """What the marks mean, those used only."""
    return "   ".join(f"{mark} {_MEANINGS[o]}" for o, mark in _MARKS.items() if o in used)


def heading(objective: ObjectiveView) -> str:
    """Column title of an objective: name, better direction, unit."""
    unit = f"\n{objective.unit}" if objective.unit not in ("", objective.name) else ""
    return f"{objective.name} {ARROW.get(objective.direction, '')}{unit}"


def front_table(front: Front, conditions: Conditions, width: int) -> Group:
    """All members of a front, as they are ordered in its file."""
    members = front.members
    extras, trained = _extras(members, width), front.retrained_objectives
    table = Table(header_style="bold", pad_edge=False, box=None, padding=(0, 1))
    table.add_column("#", justify="right", style="dim")
    for objective in front.objectives:
        table.add_column(escape(heading(objective)), justify="right", no_wrap=True)
        if objective in trained:
            table.add_column("re-\ntrained", justify="right", no_wrap=True, style="green")
    for name in extras:
        table.add_column(
            escape(name.replace("_", " ").replace(" ", "\n", 1)), justify="right", style="dim"
        )
    table.add_column("architecture", overflow="fold")
    table.add_column("key", style="dim", no_wrap=True)
    columns = _columns(front, extras, conditions, spread=width >= _SPREAD_WIDTH)
    for index, cells in enumerate(zip(*columns, strict=True)):
        mark = f"{index + 1} {_EXCEEDS}" if members[index].exceeds_memory else str(index + 1)
        table.add_row(mark, *map(escape, cells))
    used = {origin for member in members for origin in member.origin.values()}
    said = [Text(line, style="yellow") for line in limit_lines(front.limits)]
    parts = [title(front), *said, Text(), table, Text(), Text(origin_legend(used), style="dim")]
    parts += [Text(line, style="dim") for line in _notes(front, width)]
    over = [member.exceeds_memory for member in members if member.exceeds_memory]
    if over:
        parts.append(Text(f"{_EXCEEDS} needs more than {over[0]['has_mb']:.4g} MB", style="yellow"))
    return Group(*parts, *_retrained(front))


def _notes(front: Front, width: int) -> list[str]:
    """What the titles mean in words, and how far measurements scatter."""
    named = "; ".join(map(introduced, front.objectives))
    scores = [f"{o.name} is {o.score}" for o in front.objectives if o.said != o.name]
    notes = [named, *([", ".join(scores)] if scores else [])]
    for objective in front.objectives:
        shares = [
            m.spread[objective.name] / 2 / abs(m.values[objective.name])
            for m in front.members
            if objective.name in m.spread and m.values.get(objective.name)
        ]
        if shares and width >= _SPREAD_WIDTH:
            notes.append("±: half the range of the middle half of repeated measurements")
            break
        if shares:
            notes.append(f"{objective.name} was measured to ±{median(shares):.1%} (median)")
    return notes


def _retrained(front: Front) -> list[Text]:
    """What the front is when its members are judged by what they reach, trained alone."""
    result = front.retrained
    if result is None:
        return []
    own = {member.key for member in front.members}
    count = sum(1 for member in front.members if member.retrained)
    added = sum(1 for member in result.members if member.key not in own)
    lines = [
        Text.assemble(
            ("\nRetrained", "bold"),
            f" {result.budget} each: {count} of {len(own)} members; judged by what they reach, ",
            f"{len(result.members)} are on the front",
            f", {added} of them found for other devices" if added else "",
            f" ({KEPT})",
        ),
        Text(
            f"hypervolume {number(result.hypervolume, 3)}, of the choice by inherited quality "
            f"{number(result.inherited_hypervolume, 3)}, both by retrained quality"
        ),
    ]
    for name, rho in result.rank_correlation.items():
        told = f"Spearman's rank correlation of {name}, inherited and retrained: {rho:.2f}"
        lines.append(Text(told))
    return lines


def title(front: Front) -> Text:
    """Device, size and hypervolume of a front in one line."""
    line = Text.assemble(("Front of ", "bold"), (front.device, "bold cyan"))
    line.append(f"   {len(front.members)} members")
    line.append(f"   hypervolume {number(front.hypervolume, 3)}")
    if front.held_out:
        line.append("   held out", "magenta")
    return line


def _extras(members: Sequence[Member], width: int) -> list[str]:
    """Companion figures (perplexity, ...) to show, where there is room."""
    if width < 110 or not members:
        return []
    shown = {name.partition(":")[2] for name in members[0].values}  # acc:mean-angle
    return [name for name in members[0].extra if "-".join(name.split()) not in shown][:2]


def _columns(
    front: Front, extras: Sequence[str], conditions: Conditions, *, spread: bool
) -> list[list[str]]:
    """Cells of every column but the first, each column with the same decimals."""
    members, trained = front.members, front.retrained_objectives
    best = {m.key for m in front.retrained.members} if front.retrained else set()
    columns: list[list[str]] = []
    for objective in front.objectives:
        name = objective.name
        values = aligned([member.values.get(name) for member in members])
        around = [_spread(member, name) if spread else "" for member in members]
        room = max(map(len, around), default=0)
        marks = [origin_mark(member.origin.get(name)) for member in members]
        columns.append(
            [f"{v}{s:<{room}} {m}" for v, s, m in zip(values, around, marks, strict=True)]
        )
        if objective in trained:
            reached = aligned([member.retrained.get(name) for member in members])
            kept = [KEPT if member.key in best else " " for member in members]
            columns.append([f"{v} {k}" for v, k in zip(reached, kept, strict=True)])
    columns += [aligned([member.extra.get(name) for member in members]) for name in extras]
    shown = [active_choices(member.choices, conditions) for member in members]
    columns.append([architecture(choices, compact=True) for choices in shown])
    columns.append([member.key for member in members])
    return columns


def print_member(
    member: Member,
    objectives: Sequence[ObjectiveView],
    conditions: Conditions,
    console: Console,
    front: Front | None = None,
) -> None:
    """One architecture: its values with origin and prediction, and all its choices.

    With the front of its device also what it gains over the best one there.
    """
    wish = ", ".join(f"{name}={number(w, 2)}" for name, w in member.preference.items())
    console.print(
        f"[bold]Picked for[/] [bold cyan]{escape(member.device)}[/]   wish {escape(wish)}\n"
    )
    told = against_best(member, front) if front else ""
    if told:
        console.print(Text(f"{told[0].upper()}{told[1:]}.\n"))
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    heads = ["objective", "value", "unit", "origin", "predicted"]
    heads += ["retrained"] if member.retrained else []
    for head in heads:
        right = head in ("value", "predicted", "retrained")
        table.add_column(head, justify="right" if right else "left")
    for objective in objectives:
        name = objective.name
        table.add_row(
            escape(f"{objective.said} {ARROW.get(objective.direction, '')}"),
            number(member.values[name]) + _spread(member, name),
            escape(objective.unit),
            _MEANINGS.get(member.origin.get(name, ""), ""),
            number(member.predicted.get(name)),
            *([number(member.retrained.get(name))] if member.retrained else []),
        )
    for name, value in member.extra.items():
        table.add_row(
            f"[dim]{escape(name.replace('_', ' '))}[/]", f"[dim]{number(value)}[/]", "", "", ""
        )
    console.print(table)
    over = member.exceeds_memory
    if over:
        console.print(
            f"[yellow]needs {over['needs_mb']:.4g} MB of memory, and the device has "
            f"{over['has_mb']:.4g} MB: no known network that meets the limits fits[/]"
        )
    choices = active_choices(member.choices, conditions)
    console.print(f"\n[bold]Architecture[/]  {escape(architecture(choices))}")
    console.print(f"[dim]key {escape(member.key)}[/]")


def _spread(member: Member, name: str) -> str:
    spread = member.spread.get(name)
    return "" if spread is None else f" ±{number(spread / 2, 2)}"
