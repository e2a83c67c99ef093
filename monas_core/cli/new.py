"""``monas new``: the first version of a plugin of your own, which already works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli.options import Json
from monas_core.scaffold.kinds import AFTERWARDS, FIRST_RUN

Kind = Annotated[
    str,
    typer.Argument(metavar="|".join(FIRST_RUN), help="What kind of plugin.", show_default=False),
]
Name = Annotated[str, typer.Argument(help="Its name on the command line, as in my-board.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Folder to make.", show_default="monas-NAME"),
]
Update = Annotated[
    Path | None,
    typer.Option(
        "--update", metavar="FOLDER", help="Renew what such a package starts with, instead."
    ),
]


def command(
    kind: Kind = "", name: Name = "", out: Out = None, update: Update = None, json: Json = False
) -> None:
    """Start a plugin of your own: a package that installs, passes monas check and runs.

    Example: monas new objective my-cost
    """
    from monas_core.cli.common import console, print_json
    from monas_core.errors import UsageError
    from monas_core.scaffold.project import create
    from monas_core.scaffold.project import update as renew

    screen = console()
    if update is not None:
        if kind or name or out is not None:
            raise UsageError("--update takes the folder alone; kind and name are kept in it.")
        renew(update)
        if json:
            print_json({"folder": str(update)})
            return
        screen.print(f"Renewed {update}. What changed: git -C {update} diff", markup=False)
        return
    if not kind or not name:
        raise UsageError(
            f"Give a kind and a name, as in: monas new objective my-cost. Kinds: "
            f"{', '.join(FIRST_RUN)}."
        )
    taken(kind, name)
    folder = create(kind, name, out or Path(f"monas-{name}"))
    steps = [f"pip install -e {folder}", f"monas check {name}", FIRST_RUN[kind]]
    steps = [step.format(name=name) for step in [*steps, *filter(None, [AFTERWARDS.get(kind)])]]
    if json:
        print_json({"folder": str(folder), "next": steps})
        return
    screen.print(f"Made {folder}: {folder}/monas_{name.replace('-', '_')}/{kind}.py is yours to "
                 "change.", markup=False)  # fmt: skip
    screen.print("\nNext", style="bold")
    for step in steps:
        screen.print(f"  {step}", markup=False)


def taken(kind: str, name: str) -> None:
    """Refuse a name that an installed plugin of the kind has. Raises UsageError."""
    from monas_core.cli.common import catalog
    from monas_core.errors import UsageError

    for entry in catalog().entries(kind) if kind in FIRST_RUN else ():
        if name in (entry.name, *entry.spec.aliases):
            raise UsageError(
                f'There is {kind} "{name}" already, of {entry.origin}; choose another name.'
            )
