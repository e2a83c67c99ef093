"""What is printed when runs were handed over to a batch system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from monas_core.files import command


def print_handed(document: Mapping[str, Any], console: Console) -> None:
    """Which job carries out which run, and how to follow one."""
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for head in ("job", "run", "log"):
        table.add_column(head, overflow="fold")
    for job in document["jobs"]:
        table.add_row(job["job"], job["run"], job["log"])
    console.print(table)
    console.print("\n[bold]Next[/]")
    first = document["jobs"][0]["run"]
    console.print(f"  $ {command('monas watch', first)}", soft_wrap=True, markup=False)
