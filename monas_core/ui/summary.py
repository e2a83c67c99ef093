"""What is printed when a run has ended: one table, its files, what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monas_core import seals
from monas_core.files import command
from monas_core.ui.fronttable import heading, origin_legend, origin_mark
from monas_core.ui.highlights import balanced
from monas_core.ui.limits import limit_lines
from monas_core.ui.nextsteps import next_steps
from monas_core.ui.text import clock, number, plain_fact
from monas_core.ui.words import best_of, sentences
from monas_core.values.member import Front, ObjectiveView, prediction_error

Document = Mapping[str, Any]


_WIDE = 116
_ROOMY = 100
_HEAD = ""
_ERROR = "error: median relative difference of what was predicted, over the members"


def print_summary(result: Document, console: Console) -> None:
    """The end of a run, from its result document and the front files it names."""
    found = {facts["front"]: _read(facts["front"]) for facts in result["devices"].values()}
    fronts = [front for front in found.values() if isinstance(front, Front)]
    console.print()
    if fronts:
        console.print(_table(fronts, console.width))
        used = {origin for f in fronts for m in f.members for origin in m.origin.values()}
        legend = _alike(fronts) + origin_legend(used)
        if _predicted_names(fronts):
            legend += "\n" + (_ERROR if console.width >= _WIDE else _errors_in_one_line(fronts))
        console.print(legend, style="dim", markup=False)
        for front in fronts:
            for line in limit_lines(front.limits):
                console.print(f"{front.device}: {line}", style="yellow", markup=False)
        _print_retrained(fronts, console)
        _print_words(fronts, console)
    for path, front in found.items():
        if isinstance(front, str):
            again = command("monas run --resume", result["run"])
            told = f"note: {path} {front}; have it made again with: {again}"
            console.print(told, style="yellow", markup=False, soft_wrap=True)
    _print_files(result, console)
    _print_next(result, fronts, console)


def _print_words(fronts: Sequence[Front], console: Console) -> None:
    """What the first device's front offers, in sentences; the report says it for every one."""
    shown = next((front for front in fronts if front.members), None)
    if shown is None:
        return
    console.print(f"\n[bold]In words[/] [bold cyan]{escape(shown.device)}[/]")
    for said in sentences(shown):
        label = f"{said.label[0].upper()}{said.label[1:]}"
        console.print(Padding(Text(f"{label}: {said.text}."), (0, 0, 0, 2)))


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


def _read(path: str) -> Front | str:
    """A front file, or why it cannot be read: a summary must not fail a run."""
    place = Path(path)
    try:
        return Front.from_json(seals.read(place, seals.identity(place.parent.parent)))
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError, RecursionError) as error:
        return f"is damaged ({getattr(error, 'strerror', None) or error})"


def _table(fronts: Sequence[Front], width: int) -> Table:
    roomy = width >= _ROOMY
    told = _balanced(fronts, fronts[0].objectives[: None if roomy else 2])
    shown = [o for o in fronts[0].objectives if not (told and _same_best(fronts, o))]
    predicted = _predicted_names(fronts) if width >= _WIDE else []
    columns = ["front of", *(["members"] if roomy or not told else []), "hyper-\nvolume"]
    columns += [f"best\n{heading(objective)}" for objective in shown]
    columns += [told[_HEAD]] if told else []
    columns += [f"{name}\nerror" for name in predicted]
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for index, name in enumerate(columns):
        table.add_column(escape(name), justify="right" if index else "left", no_wrap=True)
    for front in fronts:
        held_out = " [magenta]held out[/]" if front.held_out else ""
        cells = [escape(front.device) + held_out]
        cells += [str(len(front.members))] if "members" in columns else []
        cells += [number(front.hypervolume, 3)]
        cells += [_best_cell(front, objective) for objective in shown]
        cells += [told[front.device]] if told else []
        table.add_row(*cells, *(_error_cell(front, name) for name in predicted))
    return table


def _best_cell(front: Front, objective: ObjectiveView) -> str:
    if not front.members:
        return "–"
    best = best_of(front.members, objective)
    mark = origin_mark(best.origin.get(objective.name))
    return f"{number(best.values[objective.name])} {mark}"


def _error_cell(front: Front, name: str) -> str:
    error = prediction_error(front.members, name)
    return "–" if error is None else f"{error:.1%}"


def _same_best(fronts: Sequence[Front], objective: ObjectiveView) -> bool:
    """Whether the column would hold one value in all of several rows."""
    return len(fronts) > 1 and len({_best_cell(front, objective) for front in fronts}) == 1


def _balanced(fronts: Sequence[Front], shown: Sequence[ObjectiveView]) -> dict[str, str]:
    """What the balanced member of each front reaches, where it replaces a column all alike.

    By device; the title of the column is under ``_HEAD``.
    """
    objectives = fronts[0].objectives
    if len(objectives) < 2 or not any(_same_best(fronts, o) for o in objectives):
        return {}
    units = " · ".join(objective.unit for objective in shown if objective.unit)
    told = {_HEAD: f"balanced\n{' · '.join(o.name for o in shown)}\n{units}"}
    for front in fronts:
        member = balanced(front.members, objectives)
        values = [] if member is None else [number(member.values[o.name], 3) for o in shown]
        told[front.device] = " · ".join(values) or "–"
    return told


def _alike(fronts: Sequence[Front]) -> str:
    """What is best on every device, said once instead of in each row."""
    objectives = fronts[0].objectives
    same = [o for o in objectives if len(objectives) > 1 and _same_best(fronts, o)]
    told = [f"{o.name} {_best_cell(fronts[0], o).strip()} {o.unit}".rstrip() for o in same]
    return f"best on every device: {', '.join(told)}\n" if told else ""


def _units(objectives: Sequence[ObjectiveView]) -> list[str]:
    return [objective.unit for objective in objectives if objective.unit]


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
    picture = run / "front.png"
    told = escape(str(picture)) if picture.is_file() else "front.png is missing"
    console.print(f"[bold]Picture[/]  {told}", soft_wrap=True)


def _print_next(result: Document, fronts: Sequence[Front], console: Console) -> None:
    steps = next_steps(result["run"], fronts)
    if steps:
        console.print("\n[bold]Next[/]")
    for line in steps:
        console.print(f"  $ {line}", soft_wrap=True, markup=False)
