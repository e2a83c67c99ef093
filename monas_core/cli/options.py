"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete

RunFolder = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="Run folder; without it the latest below runs/.",
        autocompletion=complete.runs,
        show_default=False,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(help="Only this kind, e.g. space.", autocompletion=complete.kinds),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Plain = Annotated[bool, typer.Option("--plain", help="Lines of text, no live screen.")]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="Where the data of the run lie now, if they were moved. They are recognised by "
        "their contents, and the run remembers the place.",
        show_default=False,
    ),
]
Maximum = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="NAME[@DEVICE]=VALUE",
        help="Upper limit, in any unit of the quantity: lat=5ms, lat@host=5ms, energy=2mJ. "
        "Repeatable.",
    ),
]
Minimum = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="NAME[@DEVICE]=VALUE", help="Lower limit. Repeatable."),
]
TargetValue = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME[@DEVICE]=VALUE",
        help="Value to be met within 5 %, or as lat=5ms±2% says. Repeatable.",
    ),
]
Launcher = Annotated[
    str | None,
    typer.Option(
        metavar="local|slurm",
        help="Make it a job, requeued where preempted; launcher.NAME=VALUE, e.g. tasks_per_node=2.",
        rich_help_panel="How long, and where",
    ),
]
Seeds = Annotated[
    str | None,
    typer.Option(
        metavar="0-3,7",
        help="With --launcher: a job for each of these seeds, as one array.",
        rich_help_panel="How long, and where",
    ),
]
