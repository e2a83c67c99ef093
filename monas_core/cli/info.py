"""``monas info``: explain one installed thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json, Kind

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog
    from monas_core.catalog.specs import Entry


Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name of a space, objective, device, task, optimizer, ... (text:PATH for a "
        "task with an argument).",
        autocompletion=complete.anything,
    ),
]
Preset = Annotated[str | None, typer.Option(help="Size of a space whose choices to show.")]


def command(name: Name, kind: Kind = None, preset: Preset = None, json: Json = False) -> None:
    """Explain one space, objective, device, task or optimizer: choices, figures, options."""
    from monas_core.cli.common import catalog, console, print_json
    from monas_core.cli.details import details

    installed = catalog()
    word, _, argument = name.partition(":")
    entry = find(installed, word, kind)
    document = {
        "kind": entry.kind,
        "name": entry.name,
        "aliases": list(entry.spec.aliases),
        "provider": entry.provider,
        "version": entry.version,
        "summary": entry.spec.summary,
        "needs": sorted(entry.spec.needs),
        "provides": sorted(entry.spec.provides),
        "extras": dict(entry.spec.extras),
        **details(installed, entry, argument=argument or None, preset=preset),
    }
    if json:
        print_json(document)
    else:
        from monas_core.ui.infopage import print_info

        print_info(document, console())


def find(catalog: Catalog, name: str, kind: str | None) -> Entry:
    """The entry of any kind with this name or alias.

    Raises:
        UsageError: Unknown, or of several kinds and none was chosen.
    """
    from monas_core.cli.plugins import check_kind
    from monas_core.errors import UsageError

    if kind is not None:
        check_kind(kind)
        return catalog.find(kind, name)
    found = [e for e in catalog.entries() if name == e.name or name in e.spec.aliases]
    if len(found) > 1:
        kinds = ", ".join(entry.kind for entry in found)
        raise UsageError(f'"{name}" is the name of several kinds ({kinds}); add --kind.')
    if found:
        return found[0]
    for fault in catalog.faults:
        if fault.plugin == name and not fault.usable:
            return catalog.find(fault.kind, name)  # explains what is wrong with it
    raise UsageError(_unknown(catalog, name))


def _unknown(catalog: Catalog, name: str) -> str:
    from monas_core.errors import nearest

    names: dict[str, Any] = {n: e for e in catalog.entries() for n in (e.name, *e.spec.aliases)}
    near = nearest(name, names)
    hint = f' Did you mean the {names[near].kind} "{near}"?' if near else ""
    return f'Nothing installed is named "{name}".{hint} List all: monas plugins'
