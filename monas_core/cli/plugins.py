"""``monas plugins``: what is installed, by whom, and what is wrong with the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monas_core.cli.options import Json, Kind

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog

_STYLES = {
    "ok": "green",
    "broken": "bold red",
    "malformed": "bold red",
    "refused": "bold yellow",
    "careless": "yellow",
    "disabled": "dim",
}


def command(kind: Kind = None, json: Json = False) -> None:
    """List what is installed, and by whom: spaces, objectives, devices, tasks, optimizers, ..."""
    from monas_core.cli.common import catalog, console, print_json

    rows = listing(catalog(), kind)
    if json:
        print_json(rows)
        return
    screen = console()
    screen.print(_table(rows))
    if any(row["state"] != "ok" for row in rows):
        screen.print("Only runs that name a faulty plugin are affected.", style="dim")
    screen.print("Details of one: monas info NAME", style="dim")


def listing(catalog: Catalog, kind: str | None) -> list[dict[str, Any]]:
    """One row per entry and fault. Raises UsageError for an unknown kind."""
    from monas_core.catalog.hookspecs import HOOKS

    if kind is not None:
        check_kind(kind)
    order = list(HOOKS)
    entries = sorted(catalog.entries(kind), key=lambda entry: order.index(entry.kind))
    rows = [
        {
            "kind": entry.kind,
            "name": entry.name,
            "provider": entry.provider,
            "version": entry.version,
            "state": "ok",
            "summary": entry.spec.summary,
            "aliases": list(entry.spec.aliases),
        }
        for entry in entries
    ]
    rows += [
        {
            "kind": fault.kind,
            "name": fault.plugin,
            "provider": fault.provider,
            "version": fault.version,
            "state": fault.state,
            "summary": "",
            "reason": fault.reason,
        }
        for fault in catalog.faults
        if kind is None or fault.kind in (kind, "plugin")
    ]
    return rows


def check_kind(kind: str) -> None:
    """Raises UsageError for a kind of plugin that does not exist."""
    from monas_core.catalog.hookspecs import HOOKS
    from monas_core.errors import UsageError, did_you_mean

    if kind not in HOOKS:
        raise UsageError(f'No kind of plugin "{kind}". {did_you_mean(kind, HOOKS)}')


def _table(rows: list[dict[str, Any]]):
    from rich.markup import escape
    from rich.table import Table

    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for head in ("kind", "name", "provider", "state"):
        table.add_column(head, no_wrap=True)
    table.add_column("what it is", overflow="fold")
    before = None
    for row in rows:
        shown = row["kind"] if row["kind"] != before else ""
        if shown and before is not None:
            table.add_row()
        before = row["kind"]
        names = ", ".join([row["name"], *row.get("aliases", [])])
        state = f"[{_STYLES.get(row['state'], '')}]{row['state']}[/]"
        table.add_row(
            f"[dim]{shown}[/]",
            f"[bold cyan]{escape(names)}[/]",
            f"{row['provider']} {row['version']}",
            state,
            escape(row.get("reason") or row["summary"]),
        )
    return table
