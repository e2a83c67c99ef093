"""The verdict of a contest: optimizers in a table, their differences, the problem's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
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
_PLAIN: Mapping[str, Any] = {"header_style": "bold", "box": None, "padding": (0, 2, 0, 0)}
_MEASURING = Console(width=10_000)
"""Measures tables as if there were room for everything."""


def print_verdict(verdict: Document, console: Console) -> None:
    """Everything a person needs to judge the outcome, and where the files are."""
    counts = {name: _count(verdict, name) for name in _SPLITS}
    console.print(
        f"\n[bold]{escape(verdict['problem'])}[/]   {_budget(verdict['budget'])} for all devices "
        f"together, "
        f"{_several(verdict['seeds'], 'seed')}, at most {verdict['answers']} answers per device"
    )
    if verdict["limits"]:
        console.print(f"[bold]limits[/]   {escape('; '.join(verdict['limits']))}")
    for split, title in _SPLITS.items():
        if counts[split]:
            console.print()
            console.print(_table(verdict, split, _several(counts[split], title), console.width))
            _print_differences(verdict, split, console)
    console.print("\n[bold]Problem[/]")
    print_facts(verdict["facts"], console)
    console.print(_scales(verdict, console.width))
    _print_notes(verdict, console)


def _budget(text: str) -> str:
    """``200evals`` as ``200 evaluations``."""
    return text.replace("evals", " evaluations")


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _count(verdict: Document, split: str) -> int:
    return len({row["device"] for row in verdict["results"] if row["split"] == split})


def _table(verdict: Document, split: str, title: str, width: int) -> Table:
    """The rows of a split, best first."""
    rows = [row for row in verdict["summary"] if row["split"] == split]
    rows.sort(key=lambda row: -row["relative_hypervolume"]["mean"])
    names = [f"[bold cyan]{escape(row['optimizer'])}[/]" for row in rows]
    columns = _columns(rows, limited=bool(verdict["limits"]))
    style = {"header_style": "bold", "box": box.SIMPLE_HEAD, "padding": (0, 1)}
    return _fitting(title, names, columns, width, style)


def _fitting(
    title: str,
    names: Sequence[str],
    columns: dict[str, list[str]],
    width: int,
    style: Mapping[str, Any],
) -> Table:
    """A table of at most ``width`` cells: a figure is left out rather than cut.

    The last columns go first; everything is in the files.
    """
    while True:
        table = Table(pad_edge=False, **style)
        table.add_column(title, no_wrap=True)
        for head in columns:
            table.add_column(head, justify="right", no_wrap=True)
        for cells in zip(names, *columns.values(), strict=True):
            table.add_row(*cells)
        needed = Measurement.get(_MEASURING, _MEASURING.options, table).maximum
        if len(columns) == 1 or needed <= width:
            return table
        columns.popitem()


def _columns(rows: Sequence[Document], *, limited: bool) -> dict[str, list[str]]:
    """Cells by head, what matters most first."""
    best = {name: pick(row[name]["mean"] for row in rows) for name, pick in _BETTER.items()}
    found = {
        _HEADS[name]: [_measured(row[name], bold=row[name]["mean"] == best[name]) for row in rows]
        for name in _BETTER
    }
    if limited:
        found["within\nlimits"] = [f"{row['within']['mean']:.0%}" for row in rows]
    found["queries"] = [f"{row['queries']['mean']:.4g}" for row in rows]
    found["time"] = [clock(row["seconds"]["mean"]) for row in rows]
    found["members"] = [number(row["non_dominated"]["mean"], 3) for row in rows]
    found["per\nanswer"] = [f"{number(row['answer_seconds']['mean'], 2)} s" for row in rows]
    return found


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
    found = [min(row["p_paired_holm"], row["p_unpaired_holm"]) <= _SIGNIFICANT for row in rows]
    columns = {
        "mean": [f"{row['difference']:+.4f}" for row in rows],
        "": ["significant" if real else "[dim]not significant[/]" for real in found],
        "ahead on": [f"{row['ahead']}/{row['seeds']}" for row in rows],
        "p paired": [number(row["p_paired_holm"], 2) for row in rows],
        "p unpaired": [number(row["p_unpaired_holm"], 2) for row in rows],
    }
    names = [f"{escape(row['first'])} − {escape(row['second'])}" for row in rows]
    title = "difference of\nrelative hypervolume"
    console.print(_fitting(title, names, columns, console.width, {**_PLAIN, "header_style": "dim"}))


def _scales(verdict: Document, width: int) -> Table:
    """Per device, what 0 and 1 of the scaled objectives stand for, and the front's size."""
    objectives = verdict["objectives"]
    heads = [escape(f"{o['name']} [{o['unit']}]" if o["unit"] else o["name"]) for o in objectives]
    ranges = [_ranges(scale, objectives) for scale in verdict["scales"].values()]
    columns = {head: [row[i] for row in ranges] for i, head in enumerate(heads)}
    columns["front"] = [str(verdict["fronts"][name]["members"]) for name in verdict["scales"]]
    names = list(map(escape, verdict["scales"]))
    return _fitting("scaled to 0 … 1", names, columns, width, _PLAIN)


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
