"""A device profile as a page: what was measured, how steadily, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.files import command
from monas_core.ui.text import number

_DRIFT = 0.1
"""A first network that became this much slower or faster is worth telling."""


def print_profile(profile: Mapping[str, Any], path: str, console: Console) -> None:
    """Description, costs, what was noticed, and the next command."""
    threads = profile["threads"]
    console.print(
        f"[bold]Profile of[/] [bold cyan]{escape(profile['name'])}[/]   "
        f"{escape(str(profile['processor']))}, {profile['runtime']}, {profile['precision']}, "
        f"batch {profile['batch']}"
        + (f", {threads} threads" if threads and "thread" not in profile["runtime"] else ""),
        soft_wrap=True,
    )
    console.print(
        f"[dim]{len(profile['references'])} reference networks of {profile['space']} "
        f"{profile['preset']} on {profile['task']}, digest {profile['digest']}[/]\n"
    )
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for head in ("metric", "least", "most", "unit", "spread", "origin"):
        table.add_column(head, justify="right" if head in ("least", "most", "spread") else "left")
    for name, costs in profile["metrics"].items():
        values = costs["median"]
        table.add_row(
            name,
            number(min(values)),
            number(max(values)),
            costs["unit"],
            _spread(costs),
            costs["origin"],
        )
    console.print(table)
    for line in _noticed(profile["notes"]):
        console.print(line, soft_wrap=True)
    again = escape(command("monas pick --device", path))
    console.print(f"\nWritten to [bold]{escape(str(path))}[/]. Next: {again}", soft_wrap=True)


def _spread(costs: Mapping[str, Any]) -> str:
    """Typical interquartile range, relative to the median."""
    pairs = zip(costs["spread"], costs["median"], strict=True)
    shares = [spread / value for spread, value in pairs if spread is not None]
    return f"{100 * median(shares):.1f} %" if shares else ""


def _noticed(notes: Mapping[str, Any]) -> list[str]:
    lines = []
    if "governor" in notes:
        lines.append(f"[dim]clock policy: {escape(str(notes['governor']))}[/]")
    drift = notes.get("drift")
    if drift is not None:
        text = f"the first network measured again at the end: {100 * drift:+.1f} %"
        unsteady = "; the machine is warming up or busy, so measure again when it is not"
        lines.append(f"[yellow]{text}{unsteady}[/]" if abs(drift) > _DRIFT else f"[dim]{text}[/]")
    errors = notes.get("left-out error", {})
    if errors:
        told = ", ".join(f"{name} {100 * error:.1f} %" for name, error in errors.items())
        lines.append(f"[dim]a network left out of the fit is missed by (median): {told}[/]")
    lines += [f"[yellow]{escape(text)}[/]" for text in notes.get("warnings", ())]
    return lines
