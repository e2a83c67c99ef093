"""``monas front``: the best trade-offs of a device as a table, JSON or CSV."""

from __future__ import annotations

from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json, RunFolder

Device = Annotated[
    str | None,
    typer.Option(
        help="Whose front; without it the first device of the run.",
        autocompletion=complete.of("device"),
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]


def command(
    run: RunFolder = None, device: Device = None, json: Json = False, csv: Csv = False
) -> None:
    """Show the best trade-offs found for a device: no architecture in it beats another in all."""
    from monas_core.cli.common import catalog, console, print_json, run_folder
    from monas_core.errors import UsageError

    if json and csv:
        raise UsageError("--json and --csv exclude each other; give one.")
    path = run_folder(run)
    installed = catalog()

    from monas_core.run import Run

    opened = Run.open(path, installed)
    name = device or opened.devices[0]
    document = opened.front(name)
    if json:
        print_json(document.to_json())
    elif csv:
        from monas_core.record.frontfile import to_csv
        from monas_core.ui.text import printable

        typer.echo(printable(to_csv(document)), nl=False)
    else:
        from monas_core.cli.spaces import conditions
        from monas_core.ui.fronttable import front_table

        screen = console()
        screen.print(front_table(document, conditions(opened.config, installed), screen.width))
        others = [other for other in opened.devices if other != name]
        if device is None and others:
            told = f"Other devices: {', '.join(others)}  (--device NAME)"
            screen.print(told, style="dim", markup=False)
