"""A comparison of runs as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from monas_core.report.comparison import Comparison, Entry
from monas_core.ui.fronttable import heading
from monas_core.ui.text import clock, number

EXPLANATION = (
    "hypervolume: share of one box per device, from the best to a little beyond the worst value "
    "of all these runs, costs as logarithms; unbeaten: members that no other run's front beats. "
    "Quality is that of each run's own weights"
)


def print_comparison(found: Comparison, console: Console) -> None:
    """What each run was, then per device how its fronts fare; the best figures are bold."""
    console.print(_runs(found))
    console.print(_devices(found))
    console.print(Text(EXPLANATION, style="dim"))
    for note in found.notes:
        console.print(Text(f"note: {note}", style="yellow"))


def _runs(found: Comparison) -> Table:
    table = _table("run", "space", "optimizer", "task", "budget", "seed", "evaluations", "time")
    for name, facts in found.runs.items():
        space = " ".join(str(facts[key]) for key in ("space", "preset") if facts[key])
        told = [facts[key] for key in ("optimizer", "task", "budget", "seed", "evaluations")]
        cells = [space, *("–" if text is None else str(text) for text in told)]
        table.add_row(*map(escape, [name, *cells, clock(facts["seconds"])]))
    return table


def _devices(found: Comparison) -> Table:
    best = [f"best\n{heading(objective)}" for objective in found.objectives]
    table = _table("device", "run", "hyper-\nvolume", "members", "unbeaten", *best)
    for device, entries in found.devices.items():
        leading = max(entry.hypervolume for entry in entries)
        for index, entry in enumerate(entries):
            held_out = " [magenta]held out[/]" if entry.front.held_out else ""
            shown = number(entry.hypervolume, 3)
            table.add_row(
                "" if index else escape(device) + held_out,
                escape(entry.run),
                f"[bold]{shown}[/]" if entry.hypervolume == leading else shown,
                str(len(entry.front.members)),
                str(entry.kept),
                *_bests(found, entry, entries),
                end_section=index == len(entries) - 1,
            )
    return table


def _bests(found: Comparison, entry: Entry, entries: Sequence[Entry]) -> list[str]:
    cells: list[str] = []
    for objective in found.objectives:
        value = entry.best(objective)
        others = [known for e in entries if (known := e.best(objective)) is not None]
        beaten = value is None or any(objective.better(other, value) for other in others)
        shown = number(value)
        cells.append(shown if beaten else f"[bold]{shown}[/]")
    return cells


def _table(*heads: str) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    words = {"run", "device", "space", "optimizer", "task", "budget"}
    for head in heads:
        table.add_column(
            escape(head), justify="left" if head in words else "right", no_wrap=head != "task"
        )
    return table
