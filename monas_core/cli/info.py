"""``monas info``: explain one installed thing, or one word of the screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json, Kind

if TYPE_CHECKING:
    from monas_core.catalog.lookup import Catalog
    from monas_core.catalog.specs import Entry
    from monas_core.ui.glossary import Term


_OPTIONS = "options."

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Name of a space, objective, device, task, optimizer, ... (text:PATH for a "
        "task with an argument, options.task.KEY=VALUE for its options), or a word of the screens "
        "such as hypervolume. Without it all such words.",
        autocompletion=complete.anything,
        show_default=False,
    ),
]
Preset = Annotated[str | None, typer.Option(help="Size of a space whose choices to show.")]


def command(
    words: Words = None, kind: Kind = None, preset: Preset = None, json: Json = False
) -> None:
    """Explain a space, objective, device, task or optimizer (choices, figures, options), or one
    word of the screens: hypervolume, front, held out, ...
    """
    from monas_core.cli.common import catalog, console, print_json
    from monas_core.cli.details import details
    from monas_core.ui import glossary

    if not words:
        _tell(glossary.TERMS, json=json)
        return
    name = " ".join(word for word in words if not word.startswith(_OPTIONS))
    settings = [word for word in words if word.startswith(_OPTIONS)]
    installed = catalog()
    word, _, argument = name.partition(":")
    if kind is None and not _installed(installed, word) and (term := glossary.find(name)):
        _tell([term], json=json)
        return
    entry = find(installed, word, kind)
    given = told(settings, entry)
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
        **details(
            installed,
            entry,
            argument=argument or None,
            preset=preset,
            options=given,
        ),
    }
    if json:
        print_json(document)
    else:
        from monas_core.ui.infopage import print_info

        print_info(document, console())


def told(settings: Sequence[str], entry: Entry) -> dict[str, Any]:
    """Options of a task, written as for a run. Raises UsageError for those of anything else."""
    from monas_core.errors import UsageError
    from monas_core.record.config import apply_dotted

    document: dict[str, Any] = {}
    for text in settings:
        apply_dotted(document, text)
    given = document.get("options", {})
    if given and (entry.kind != "task" or set(given) != {"task"}):
        raise UsageError(
            f"monas info takes options of tasks, options.task.KEY=VALUE, got "
            f'"{settings[0]}" with the {entry.kind} {entry.name}.'
        )
    return given.get("task", {})


def _tell(terms: Sequence[Term], *, json: bool) -> None:
    from monas_core.cli.common import console, print_json
    from monas_core.ui.infopage import print_terms

    if json:
        documents = [term.to_json() for term in terms]
        print_json(documents if len(documents) > 1 else documents[0])
    else:
        print_terms(terms, console())


def _installed(catalog: Catalog, name: str) -> bool:
    """Whether a plugin has this name, a broken one included."""
    entries = any(name in (e.name, *e.spec.aliases) for e in catalog.entries())
    return entries or any(fault.plugin == name for fault in catalog.faults)


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
        raise UsageError(
            f'"{name}" is the name of several kinds ({kinds}); say which: --kind {found[0].kind}'
        )
    if found:
        return found[0]
    for fault in catalog.faults:
        if fault.plugin == name and not fault.usable:
            return catalog.find(fault.kind, name)  # explains what is wrong with it
    raise UsageError(_unknown(catalog, name))


def _unknown(catalog: Catalog, name: str) -> str:
    from monas_core.errors import nearest
    from monas_core.ui import glossary

    names: dict[str, Any] = {n: e for e in catalog.entries() for n in (e.name, *e.spec.aliases)}
    names |= dict.fromkeys(glossary.words())
    near = nearest(name, names)
    kind = f"{names[near].kind} " if near and names[near] else "word "
    hint = f' Did you mean the {kind}"{near}"?' if near else ""
    return (
        f'Nothing installed is named "{name}", nor is it a word of the screens.{hint} '
        "All words: monas info; all that is installed: monas plugins"
    )
