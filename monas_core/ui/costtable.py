"""Costs of one network on many devices as a table, with origins and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.ui.fronttable import origin_legend, origin_mark
from monas_core.ui.text import number

_COLUMNS = {"latency_ms": "latency\nms", "energy_mj": "energy\nmJ", "memory_mb": "memory\nMB"}


def print_costs(document: Mapping[str, Any], console: Console) -> None:
    """One row per device; what cannot be had is a dash, with its reason below."""
    console.print(
        f"[bold]{escape(document['network'])}[/]   {number(document['params'])} weights, "
        f"{number(document['flops'])} FLOP\n",
        soft_wrap=True,
    )
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("\ndevice", no_wrap=True)
    for head in _COLUMNS.values():
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("\nfits")
    used: set[str] = set()
    reasons: dict[str, None] = {}
    for row in document["devices"]:
        cells = []
        for metric in _COLUMNS:
            value = row["values"].get(metric)
            if value is None:
                cells.append("–")
                reason = row["reasons"].get(metric)
                reasons |= {f"{row['device']}: {reason}": None} if reason else {}
                continue
            used.add(value["origin"])
            cells.append(f"{number(value['value'])} {origin_mark(value['origin'])}")
        fits = {True: "yes", False: f"[yellow]no: it has {row.get('has_mb', 0):.4g} MB[/]"}
        table.add_row(escape(row["device"]), *cells, fits.get(row.get("fits", None), ""))
    console.print(table)
    console.print(f"\n[dim]{origin_legend(used)}[/]")
    for reason in reasons:
        console.print(f"[dim]{escape(reason)}[/]", soft_wrap=True)
