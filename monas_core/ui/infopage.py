"""The page of ``monas info``: one installed thing, explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from monas_core.ui.glossary import Term
from monas_core.ui.summary import print_facts
from monas_core.ui.text import ARROW, count, gathered, number, plain_fact

Document = Mapping[str, Any]


def print_info(document: Document, console: Console) -> None:
    """Head, what is special to the kind, options."""
    console.print(
        f"[dim]{document['kind']}[/] [bold cyan]{escape(document['name'])}[/]   "
        f"[dim]{escape(str(document['provider']))} {escape(str(document['version']))}[/]"
    )
    console.print(escape(document["summary"]))
    if document["aliases"]:
        console.print(f"also written: {', '.join(document['aliases'])}", style="dim")
    if document["extras"]:
        needed = escape(", ".join(document["extras"].values()))
        console.print(f"needs packages: {needed}", style="dim")
    if document["needs"]:
        console.print(f"needs from the run: {', '.join(document['needs'])}", style="dim")
    console.print()
    printer = _PRINTERS.get(document["kind"], _print_other)
    printer(document, console)
    _print_options(document, console)


def print_terms(terms: Sequence[Term], console: Console) -> None:
    """Words of the screens with what they mean; a single one with its other names."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for term in terms:
        table.add_row(escape(term.name), escape(term.meaning))
    console.print(table)
    if len(terms) == 1 and terms[0].also:
        console.print(escape(f"also: {', '.join(terms[0].also)}"), style="dim")


def _print_space(document: Document, console: Console) -> None:
    if "usage" in document:
        console.print(escape(f"{document['usage']}\n\n{document['description']}"))
        return
    console.print(f"[bold]Networks for[/]  {escape(', '.join(document['networks_for']))}\n")
    table = Table(header_style="bold", box=None, padding=(0, 3, 0, 0))
    for head in ("preset", "architectures", "choices", "weights", "warm-up"):
        table.add_column(head, justify="left" if head == "preset" else "right")
    for row in document["presets"]:
        weights = row["weights"]
        shown = " – ".join(count(number) for number in weights) if weights else "–"
        table.add_row(
            row["preset"], count(row["architectures"]), str(row["choices"]), shown,
            f"{row['warm_up']['steps']} steps",
        )  # fmt: skip
    console.print(table)
    if document["weights_for_task"]:
        note = f"weights: smallest to largest network, for the task {document['weights_for_task']}"
        console.print(note, style="dim")
    console.print(f"\n[bold]Choices[/]  of preset {escape(str(document['preset']))}")
    console.print(choice_tree(document["choices"]))
    for note in document.get("notes", ()):
        console.print(escape(f"\n{note}"))


def choice_tree(choices: Sequence[Document]) -> Tree:
    """Choices below the choice that switches them on; alike ones share a line."""
    tree = Tree("", hide_root=True, guide_style="dim")
    _grow(tree, None, choices)
    return tree


def _grow(tree: Tree, parent: str | None, choices: Sequence[Document]) -> None:
    below = [c for c in choices if (c["condition"] or {}).get("choice") == parent]
    groups: dict[tuple[Any, ...], list[Document]] = {}
    for choice in below:
        on = tuple((choice["condition"] or {}).get("options", ()))
        groups.setdefault(on, []).append(choice)
    for on, group in groups.items():
        node = tree
        if parent is not None:
            answers = " or ".join(plain_fact(option) for option in on)
            node = tree.add(f"[dim]if {escape(parent)} is {answers}[/]")
        _add_alike(node, group, choices)


def _add_alike(node: Tree, group: Sequence[Document], choices: Sequence[Document]) -> None:
    parents = {c["condition"]["choice"] for c in choices if c["condition"]}
    alike: dict[tuple[str | None, str], list[str]] = {}
    for choice in group:
        own = choice["name"] if choice["name"] in parents else None
        shown = " · ".join(plain_fact(option) for option in choice["options"])
        alike.setdefault((own, shown), []).append(choice["name"])
    for (own, shown), names in alike.items():
        branch = node.add(f"[bold cyan]{escape(gathered(names))}[/]   {escape(shown)}")
        if own is not None:
            _grow(branch, own, choices)


def _print_objective(document: Document, console: Console) -> None:
    unit, direction = document["unit"], document["direction"]
    better = {"min": "less is better", "max": "more is better"}.get(direction or "")
    print_facts(
        {
            "name in tables": document["short"],
            "unit": unit if unit is not None else "that of the task's score",
            "direction": f"{better} {ARROW[direction]}" if better else "that of the task's score",
            "depends on the device": f"yes, on its {document['device_metric']}"
            if document["device_metric"]
            else "no",
            "costs an evaluation": document["costs_an_evaluation"],
            "differentiable": document["differentiable"],
            **_asked_with(document),
        },
        console,
    )
    console.print()
    console.print(escape(document["description"]))


def _asked_with(document: Document) -> dict[str, str]:
    if not document.get("takes_argument"):
        return {}
    meaning = document["arguments"].replace("``", "")
    return {f"{document['short']}:ARGUMENT": meaning}


def _print_device(document: Document, console: Console) -> None:
    if "usage" in document:
        console.print(escape(f"{document['usage']}\n\n{document['description']}"))
        return
    profile = dict(document["profile"])
    figures = profile.pop("figures")
    print_facts({k: v for k, v in profile.items() if v not in ("", None)}, console)
    print_facts({"gives": document["metrics"], **document["facts"]}, console)
    if not figures:
        return
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("\nfigure", no_wrap=True)
    table.add_column("\nvalue", justify="right", no_wrap=True)
    table.add_column("\nunit", no_wrap=True)
    table.add_column("\nsource", overflow="fold", style="dim")
    for name, figure in figures.items():
        value = number(figure["value"])
        table.add_row(name.replace("_", " "), value, figure["unit"], escape(figure["source"]))
    console.print(table)


def _print_task(document: Document, console: Console) -> None:
    if "usage" in document:
        console.print(escape(document["usage"]))
        return
    score = document["score"]
    shown = f"{score['name']} [{score['unit']}] {ARROW[score['direction']]}"
    further = ", ".join(f"{s['name']} [{s['unit']}]" for s in document.get("scores") or ())
    also = {"further scores": further} if further else {}
    print_facts({"score": shown, **also, **document["facts"]}, console)


def _print_other(document: Document, console: Console) -> None:
    if document.get("description"):
        console.print(escape(document["description"]))
    if document.get("answers"):
        console.print(f"answers with: {_ANSWERS[document['answers']]}", style="dim")


_ANSWERS = {
    "front": "a front, from one end to the other",
    "per limit": "the best architecture for each limit (--max, --min, --target)",
}


def _print_options(document: Document, console: Console) -> None:
    options = document.get("options") or []
    if not options or not document["options_path"]:
        return
    console.print(f"\n[bold]Options[/]  [dim]set with {document['options_path']}.KEY=VALUE[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for option in options:
        table.add_row(
            option["name"],
            plain_fact(option["default"]),
            escape(option["meaning"].replace("``", "")),
        )
    console.print(table)


_PRINTERS = {
    "space": _print_space,
    "objective": _print_objective,
    "device": _print_device,
    "task": _print_task,
}
