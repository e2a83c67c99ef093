"""``monas compare``: the fronts of several runs on one scale, as table and picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN...", help="Folders of two or more finished runs.", autocompletion=complete.runs
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        help="Only this device; without it all that two runs share.",
        autocompletion=complete.of("device"),
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", help="Write a picture of the fronts, a panel per device."),
]


def command(runs: Runs, device: Device = None, out: Out = None, json: Json = False) -> None:
    """Set the fronts of several runs side by side, on one scale.

    Hypervolumes are shares of one box per device, from the best to a little beyond the worst
    value of all runs, costs as logarithms.

    Example: monas compare runs/first runs/second --out compare.png
    """
    from monas_core.cli.common import console, print_json
    from monas_core.cli.report import checked
    from monas_core.errors import UsageError
    from monas_core.record.rundir import RunFolder
    from monas_core.report.comparison import compared, only
    from monas_core.report.records import read_record

    if out is not None:
        checked(out, "compare.png")
        if out.suffix.lower() != ".png":
            raise UsageError(f"--out {out} must end in .png.")
    found = compared([read_record(RunFolder.open(path)) for path in runs])
    if device is not None:
        found = only(found, device)
    if out is not None:
        from monas_core.report.comparison_picture import draw

        draw(out, found)
    if json:
        print_json(found.to_json() | ({"picture": str(out)} if out else {}))
        return
    from monas_core.report.comparison_table import print_comparison

    screen = console()
    print_comparison(found, screen)
    if out is not None:
        screen.print(f"Picture  {out}", markup=False, soft_wrap=True)
