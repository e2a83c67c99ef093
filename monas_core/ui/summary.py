"""What is printed when a run has ended: one table, its files, what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.files import command, parse_json
from monas_core.ui.fronttable import heading, origin_legend, origin_mark
from monas_core.ui.limits import limit_lines
from monas_core.ui.text import clock, number, plain_fact
from monas_core.values.member import Front, ObjectiveView, prediction_error

Document = Mapping[str, Any]


_WIDE = 110
_ERROR = "error: median relative difference of what was predicted, over the members"


def print_summary(result: Document, console: Console) -> None:
    """The end of a run, from its result document and the front files it names."""
    fronts = [_read(facts["front"]) for facts in result["devices"].values()]
    fronts = [front for front in fronts if front]
    console.print()
    if fronts:
        roomy = console.width >= _WIDE
        console.print(_table(fronts, _predicted_names(fronts) if roomy else []))
        used = {origin for f in fronts for m in f.members for origin in m.origin.values()}
        legend = origin_legend(used)
        if _predicted_names(fronts):
            legend += "\n" + (_ERROR if roomy else _errors_in_one_line(fronts))
        console.print(legend, style="dim", markup=False)
        for front in fronts:
            for line in limit_lines(front.limits):
                console.print(f"{front.device}: {line}", style="yellow", markup=False)
        _print_retrained(fronts, console)
    _print_files(result, console)
    _print_next(result, fronts, console)


def _print_retrained(fronts: Sequence[Front], console: Console) -> None:
    """Per front: how it looks when judged by what its members reach, trained alone."""
    for front in fronts:
        told = front.retrained
        if told is not None:
            ranks = ", ".join(f"{n} {rho:.2f}" for n, rho in told.rank_correlation.items())
            console.print(
                f"retrained {told.budget} each, {front.device}: hypervolume "
                f"{number(told.hypervolume, 3)} of {len(told.members)} members, of the choice by "
                f"inherited quality {number(told.inherited_hypervolume, 3)}"
                + (f"; rank correlation {ranks}" if ranks else ""),
                markup=False,
                soft_wrap=True,
            )


def print_facts(facts: Document, console: Console) -> None:
    """Plain facts as two columns."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in facts.items():
        if value is None or value == "":
            continue
        table.add_row(escape(str(key).replace("_", " ")), escape(plain_fact(value)))
    console.print(table)


def _read(path: str) -> Front | None:
    """A front file, or nothing where it cannot be read: a summary must not fail a run."""
    try:
        return Front.from_json(parse_json(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None


def _table(fronts: Sequence[Front], predicted: Sequence[str]) -> Table:
    objectives = fronts[0].objectives
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("front of", no_wrap=True)
    table.add_column("members", justify="right", no_wrap=True)
    table.add_column("hyper-\nvolume", justify="right", no_wrap=True)
    for objective in objectives:
        table.add_column(escape(f"best\n{heading(objective)}"), justify="right", no_wrap=True)
    for name in predicted:
        table.add_column(escape(f"{name}\nerror"), justify="right", no_wrap=True)
    for front in fronts:
        table.add_row(*_cells(front, objectives, predicted))
    return table


def _cells(
    front: Front, objectives: Sequence[ObjectiveView], predicted: Sequence[str]
) -> list[str]:
    held_out = " [magenta]held out[/]" if front.held_out else ""
    cells = [escape(front.device) + held_out, str(len(front.members)), number(front.hypervolume, 3)]
    for objective in objectives:
        name = objective.name
        pick = min if objective.direction == "min" else max
        best = pick(front.members, key=lambda m: m.values[name], default=None)
        shown = "–" if best is None else number(best.values[name])
        cells.append(shown if best is None else f"{shown} {origin_mark(best.origin.get(name))}")
    for name in predicted:
        error = prediction_error(front.members, name)
        cells.append("–" if error is None else f"{error:.1%}")
    return cells


def _predicted_names(fronts: Sequence[Front]) -> list[str]:
    """Objectives that were both predicted and obtained in a better way."""
    return [
        name
        for name in fronts[0].names
        if any(prediction_error(front.members, name) is not None for front in fronts)
    ]


def _errors_in_one_line(fronts: Sequence[Front]) -> str:
    everyone = [member for front in fronts for member in front.members]
    errors = {name: prediction_error(everyone, name) for name in _predicted_names(fronts)}
    shown = ", ".join(f"{name} {error:.1%}" for name, error in errors.items() if error is not None)
    return f"median error of what was predicted: {shown}"


def _print_files(result: Document, console: Console) -> None:
    run = Path(result["run"])
    seconds = result.get("seconds", {})
    parts = [f"{name} {clock(value)}" for name, value in seconds.items()]
    console.print()
    console.print(
        f"[bold]Run[/]      {escape(str(run))}   [dim]{escape('   '.join(parts))}[/]",
        soft_wrap=True,
    )
    console.print(
        f"[bold]Fronts[/]   {escape(str(run / 'front'))}/DEVICE.json and .csv", soft_wrap=True
    )
    if (run / "front.png").is_file():
        console.print(f"[bold]Picture[/]  {escape(str(run / 'front.png'))}", soft_wrap=True)


def _print_next(result: Document, fronts: Sequence[Front], console: Console) -> None:
    """Commands that make sense now, ready to copy."""
    shown = next((front for front in fronts if front.members), None)
    if shown is None:  # no limit is met: a pick would only say so again
        return
    run, device, names = result["run"], shown.device, shown.names
    wish = ",".join(
        f"{name}={weight}" for name, weight in zip(names, _weights(len(names)), strict=True)
    )
    console.print()
    console.print("[bold]Next[/]")
    for line in (
        command("monas front", run, "--device", device),
        command("monas pick", run, "--device", device, "--prefer", wish),
        command("monas watch", run, "--replay"),
    ):
        console.print(f"  $ {line}", soft_wrap=True, markup=False)


def _weights(count: int) -> list[str]:
    """Example weights that sum to 1, falling."""
    known = {1: ["1"], 2: [".7", ".3"], 3: [".6", ".3", ".1"]}
    return known.get(count) or [f"{1 / count:.2g}"] * count
