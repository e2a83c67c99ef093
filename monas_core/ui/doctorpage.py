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
            f"{_BAD} "
            + escape(
                f"{fault['name']} of {fault['provider']} {fault['version']} is {fault['state']}: "
                f"{fault['reason']}"
            )
        )


def _print_devices(devices: Mapping[str, Any], console: Console) -> None:
    console.print("\n[bold]What can be measured here[/]")
    if not devices["measuring"]:
        console.print(f"{_MISSING} nothing: no installed device measures on this machine")
    for name, facts in devices["measuring"].items():
        console.print(f"device [bold cyan]{escape(name)}[/]")
        known = {key: value for key, value in facts.items() if value not in ([], {})}
        print_facts(known, console)
    others = devices["installed"] - len(devices["measuring"])
    console.print(
        f"{others} more devices are known, none of them measured here: modelled from datasheets "
        "or tabulated (monas plugins --kind device). Measure another machine: monas profile",
        style="dim",
    )
    for name, problem in devices["problems"].items():
        console.print(f"{_BAD} device {escape(name)}: {escape(problem)}")


def _print_extras(extras: list[dict[str, Any]], console: Console) -> None:
    if not extras:
        return
    console.print("\n[bold]Optional packages[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for extra in extras:
        mark = _GOOD if extra["installed"] else _MISSING
        state = escape(extra["installed"] or "") or f"[dim]{escape(extra['install'])}[/]"
        used = escape(f"for {', '.join(extra['used_by'])}" if extra["used_by"] else "")
        table.add_row(mark, escape(extra["package"]), state, f"[dim]{used}[/]")
    console.print(table)


def print_repair(found: Mapping[str, Any], console: Console) -> None:
    """What was done to a run, then how it is now."""
    console.print("[bold]Done[/]")
    for row in found["done"]:
        console.print(f"{row['name']}: {row['done']}", markup=False, soft_wrap=True)
    if not found["done"]:
        console.print("nothing: all that can be mended is whole", markup=False)
    console.print()
    print_examination(found, console)


def print_examination(found: Mapping[str, Any], console: Console) -> None:
    """The files of a run, each whole or not, and what can still be had."""
    marks = {"whole": _GOOD, "missing": _BAD, "damaged": _BAD}
    console.print(f"[bold]Run[/] [bold cyan]{escape(found['run'])}[/]", soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in found["files"]:
        table.add_row(marks[row["state"]], escape(row["name"]), escape(row["note"]))
    console.print(table)
    console.print("\n[bold]What can be had[/]")
    for what, how in found["can"].items():
        console.print(f"{what}: {how}", markup=False, soft_wrap=True)
