"""``monas repair``: keep of a damaged run what is whole, and say what was dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

Run = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="Run folder.", autocompletion=complete.runs),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Repair a copy there and leave the run as it is; it must not exist."
    ),
]


def command(run: Run, out: Out = None, json: Json = False) -> None:
    """Keep of a damaged run what is whole, set the rest aside in it, and say so.

    Nothing is deleted: what is not whole goes to RUN/set-aside. To look only: monas doctor RUN.
    """
    from monas_core.cli.common import console, print_json
    from monas_core.record.repair import repair
    from monas_core.ui.doctorpage import print_repair

    found = repair(run, out)
    print_json(found) if json else print_repair(found, console())
    if not found["whole"]:
        raise typer.Exit(1)
