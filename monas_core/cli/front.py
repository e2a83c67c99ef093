"""``monas front``: the best trade-offs of a device as a table, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json, RunFolder

if TYPE_CHECKING:
    from monas_core.record.rundir import RunFolder as Folder
    from monas_core.values.member import Front

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
    from monas_core.cli.common import console, print_json, run_folder
    from monas_core.errors import UsageError
    from monas_core.files import command as command_line

    if json and csv:
        raise UsageError("--json and --csv exclude each other; give one.")
    path = run_folder(run)

    from monas_core.cli.spaces import conditions
    from monas_core.record.rundir import RunFolder as Folder

    folder = Folder.open(path)
    fronts = _fronts(folder)
    name = device or next(iter(fronts))
    if name not in fronts:
        raise UsageError(
            f'This run has no front for device "{name}"; it has: {", ".join(fronts)}. '
            f"For a device it has not searched ask for one network: "
            f"{command_line('monas pick', path, '--device', name)}"
        )
    document = fronts[name]()
    if json:
        state = {} if folder.finished else {"finished": False, "split": "search"}
        print_json(document.to_json() | state)
    elif csv:
        from monas_core.record.front_store import to_csv
        from monas_core.ui.text import printable

        typer.echo(printable(to_csv(document, conditions(folder))), nl=False)
    else:
        from monas_core.ui.fronttable import front_table

        screen = console()
        screen.print(front_table(document, conditions(folder), screen.width))
        others = [other for other in fronts if other != name]
        if device is None and others:
            told = f"Other devices: {', '.join(others)}  (--device NAME)"
            screen.print(told, style="dim", markup=False)


def _fronts(folder: Folder) -> dict[str, Callable[[], Front]]:
    """What gives the front of a device, by name; of a run that has not ended, as far as it is."""
    if folder.finished:
        return _finished(folder)
    from monas_core.record.given_store import going_on
    from monas_core.record.unfinished import fronts_so_far

    found = fronts_so_far(folder)
    sys.stderr.write(
        f"note: run {folder.path} is not finished (it has no result.json): these are its fronts so "
        "far, quality is that on search data and costs are estimates; go on with: "
        f"{going_on(folder.path)}\n"
    )
    return {name: partial(_same, front) for name, front in found.items()}


def _finished(folder: Folder) -> dict[str, Callable[[], Front]]:
    """The stored fronts; parts of a program that started the run are checked first."""
    from monas_core.record import given_store
    from monas_core.record.front_store import read_front

    if given_store.read(folder.path):
        from monas_core.cli.common import catalog
        from monas_core.run import Run

        opened = Run.open(folder.path, catalog())
        return {name: partial(opened.front, name) for name in opened.devices}
    config = folder.config
    names = [*(config.devices or ()), *(config.held_out or ())]
    return {name: partial(read_front, folder.at("front", f"{name}.json")) for name in names}


def _same(front: Front) -> Front:
    return front
