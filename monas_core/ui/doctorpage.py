"""The page of ``monas doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monas_core.ui.summary import print_facts

_GOOD, _MISSING, _BAD = "[green]✔[/]", "[dim]·[/]", "[bold red]✘[/]"


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Machine, torch, what can be measured, optional packages, faults."""
    console.print("[bold]Machine[/]")
    print_facts({k: v for k, v in report["machine"].items() if v is not None}, console)
    console.print("\n[bold]torch[/]")
    print_facts(report["torch"], console)
    _print_devices(report["devices"], console)
    _print_extras(report["extras"], console)
    console.print("\n[bold]Plugins[/]")
    if not report["faults"]:
        console.print(f"{_GOOD} all load")
    for fault in report["faults"]:
        console.print(
            f"{_BAD} {escape(fault['name'])} of {fault['provider']} {fault['version']} is "
            f"{fault['state']}: {escape(fault['reason'])}"
        )


def _print_devices(devices: Mapping[str, Any], console: Console) -> None:
    console.print("\n[bold]What can be measured here[/]")
    if not devices["measuring"]:
        console.print(f"{_MISSING} nothing: no installed device measures on this machine")
    for name, facts in devices["measuring"].items():
        console.print(f"device [bold cyan]{escape(name)}[/]")
        print_facts(facts, console)
    others = devices["installed"] - len(devices["measuring"])
    console.print(f"{others} more devices are modelled or tabulated: monas plugins --kind device",
                  style="dim")  # fmt: skip
    for name, problem in devices["problems"].items():
        console.print(f"{_BAD} device {escape(name)}: {escape(problem)}")


def _print_extras(extras: list[dict[str, Any]], console: Console) -> None:
    if not extras:
        return
    console.print("\n[bold]Optional packages[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for extra in extras:
        mark = _GOOD if extra["installed"] else _MISSING
        state = extra["installed"] or f"[dim]{escape(extra['install'])}[/]"
        table.add_row(mark, extra["package"], state, f"[dim]{', '.join(extra['used_by'])}[/]")
    console.print(table)
