"""The verdict of a contest: optimizers in a table, their differences, the problem's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.ui.summary import print_facts
from monas_core.ui.text import clock, number

Document = Mapping[str, Any]

_SPLITS = {"search": "search device", "held-out": "held-out device"}
_BETTER: dict[str, Callable[..., Any]] = {
    "relative_hypervolume": max,
    "regret": min,
    "igd_plus": min,
}
_HEADS = {"relative_hypervolume": "relative\nhypervolume", "regret": "regret", "igd_plus": "IGD+"}
_READING = (
    "The reference point is 1 in every scaled objective; mean ± standard deviation over seeds "
    "of the mean over devices; time is that of search and answers for all devices."
)
_SIGNIFICANT = 0.05


def print_verdict(verdict: Document, console: Console) -> None:
    """Everything a person needs to judge the outcome, and where the files are."""
    counts = {name: _count(verdict, name) for name in _SPLITS}
    console.print(
        f"\n[bold]{escape(verdict['problem'])}[/]   {verdict['budget']} for all devices together, "
        f"{_several(verdict['seeds'], 'seed')}, at most {verdict['answers']} answers per device"
    )
    if verdict["limits"]:
        console.print(f"[bold]limits[/]   {escape('; '.join(verdict['limits']))}")
    for split, title in _SPLITS.items():
        if counts[split]:
            console.print()
            console.print(_table(verdict, split, _several(counts[split], title)))
            _print_differences(verdict, split, console)
    console.print("\n[bold]Problem[/]")
    print_facts(verdict["facts"], console)
    console.print(_scales(verdict))
    _print_notes(verdict, console)


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _count(verdict: Document, split: str) -> int:
    return len({row["device"] for row in verdict["results"] if row["split"] == split})


def _table(verdict: Document, split: str, title: str) -> Table:
    rows = [row for row in verdict["summary"] if row["split"] == split]
    rows.sort(key=lambda row: -row["relative_hypervolume"]["mean"])
    best = {name: pick(row[name]["mean"] for row in rows) for name, pick in _BETTER.items()}
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(title, no_wrap=True)
    for name in _BETTER:
        table.add_column(_HEADS[name], justify="right", no_wrap=True)
    limited = bool(verdict["limits"])
    heads = ("members", "queries", "time", "per\nanswer")
    for head in ("within\nlimits", *heads) if limited else heads:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        cells = [_measured(row[n], bold=row[n]["mean"] == best[n]) for n in _BETTER]
        cells += [f"{row['within']['mean']:.0%}"] if limited else []
        cells += [
            number(row["non_dominated"]["mean"], 3),
            number(row["queries"]["mean"]),
            clock(row["seconds"]["mean"]),
            f"{number(row['answer_seconds']['mean'], 2)} s",
        ]
        table.add_row(f"[bold cyan]{escape(row['optimizer'])}[/]", *cells)
    return table


def _measured(spread: Mapping[str, float | None], *, bold: bool) -> str:
    """Mean and standard deviation over seeds."""
    text = f"{spread['mean']:.4f}"
    if bold:
        text = f"[bold green]{text}[/]"
    return text if spread["std"] is None else f"{text} [dim]± {spread['std']:.4f}[/]"


def _print_differences(verdict: Document, split: str, console: Console) -> None:
    """The best optimizer against each other one."""
    rows = verdict["significance"]["with_best"].get(split, [])
    if not rows or verdict["seeds"] < 2:
        return
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("difference of relative hypervolume", no_wrap=True)
    for head in ("mean", "ahead on", "p paired", "p unpaired", ""):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        found = min(row["p_paired_holm"], row["p_unpaired_holm"]) <= _SIGNIFICANT
        table.add_row(
            f"{escape(row['first'])} − {escape(row['second'])}",
            f"{row['difference']:+.4f}",
            f"{row['ahead']}/{row['seeds']}",
            number(row["p_paired_holm"], 2),
            number(row["p_unpaired_holm"], 2),
            "significant" if found else "[dim]not significant[/]",
        )
    console.print(table)


def _scales(verdict: Document) -> Table:
    """Per device, what 0 and 1 of the scaled objectives stand for, and the front's size."""
    objectives = verdict["objectives"]
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("scaled to 0 … 1", no_wrap=True)
    for objective in objectives:
        unit = f" [{objective['unit']}]" if objective["unit"] else ""
        table.add_column(escape(f"{objective['name']}{unit}"), justify="right", no_wrap=True)
    table.add_column("front", justify="right", no_wrap=True)
    for name, scale in verdict["scales"].items():
        table.add_row(
            escape(name), *_ranges(scale, objectives), str(verdict["fronts"][name]["members"])
        )
    return table


def _ranges(scale: Document, objectives: Sequence[Document]) -> list[str]:
    cells: list[str] = []
    for objective, low, high in zip(objectives, scale["low"], scale["high"], strict=True):
        sign = 1.0 if objective["direction"] == "min" else -1.0
        cells.append(f"{number(sign * low)} … {number(sign * high)}")
    return cells


def _print_notes(verdict: Document, console: Console) -> None:
    tests = verdict["significance"]
    notes = [_READING]
    if verdict["limits"]:
        notes.append(
            "Hypervolume counts inside the limits only, of the answers and of the true front; "
            "within limits says how many of the answers meet them."
        )
    if verdict["seeds"] > 1:
        notes.append(
            f"p: {tests['method']}; {verdict['seeds']} seeds cannot give less than "
            f"{number(tests['smallest_p_paired'], 2)} (paired) or "
            f"{number(tests['smallest_p_unpaired'], 2)} (unpaired) before correction."
        )
    if any(front["source"] == "searched" for front in verdict["fronts"].values()):
        notes.append(
            "The true front cannot be enumerated: it is the non-dominated union of a long search "
            "and of everything found by any of these optimizers."
        )
    console.print()
    for note in notes:
        console.print(escape(note), style="dim")
    console.print(
        f"\n[bold]Files[/]   {escape(verdict['folder'])}/results.json, results.csv, summary.csv, "
        "fronts.png",
        soft_wrap=True,
    )
