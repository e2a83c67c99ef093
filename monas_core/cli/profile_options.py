"""What can be said to ``monas profile``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.values.value import PRECISIONS

_WHICH = "Which networks"
_HOW = "How they run here"
_ELSEWHERE = "A device without Python"
_RUNTIMES = "eager|compile|onnxruntime"

Name = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Name of the device in the profile.")
]
Out = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write it; without it NAME.json.")
]
Run = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Take space, preset and task of this run. Without it and without --space, of the "
        "latest run below runs/.",
        autocompletion=complete.runs,
        rich_help_panel=_WHICH,
    ),
]
Space = Annotated[
    str | None,
    typer.Option(
        help="Search space whose reference networks are measured.",
        autocompletion=complete.of("space"),
        rich_help_panel=_WHICH,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(help="Size of the space; without it the smallest.", rich_help_panel=_WHICH),
]
Task = Annotated[
    str | None,
    typer.Option(
        help="What the networks learn; it decides the shape of inputs and outputs.",
        autocompletion=complete.of("task"),
        rich_help_panel=_WHICH,
    ),
]
Runtime = Annotated[
    str | None,
    typer.Option(
        metavar=_RUNTIMES,
        help="What executes the networks; without it eager. With --collect any text.",
        rich_help_panel=_HOW,
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="CPU threads; without it 1.", rich_help_panel=_HOW)
]
Batch = Annotated[int | None, typer.Option(help="Samples per inference.", rich_help_panel=_HOW)]
Seconds = Annotated[
    float, typer.Option(help="Time to spend on timing each network.", rich_help_panel=_HOW)
]
TorchDevice = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda|mps|xpu", help="Where networks run.", rich_help_panel=_HOW),
]
Emit = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Measure nothing: write the reference networks as ONNX with a manifest.",
        rich_help_panel=_ELSEWHERE,
    ),
]
Collect = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Measure nothing: read timings. Columns: model, latency_ms and, where known, "
        "energy_mj, memory_mb. A manifest beside the file says which networks.",
        rich_help_panel=_ELSEWHERE,
    ),
]
Processor = Annotated[
    str | None,
    typer.Option(help="With --collect: name of its processor.", rich_help_panel=_ELSEWHERE),
]
Precision = Annotated[
    str,
    typer.Option(
        metavar="|".join(PRECISIONS),
        help="With --collect: number format the networks ran in.",
        rich_help_panel=_ELSEWHERE,
    ),
]


Opset = Annotated[
    int | None,
    typer.Option(help="With --emit: version of ONNX's operators.", rich_help_panel=_ELSEWHERE),
]
Ir = Annotated[
    int | None,
    typer.Option(help="With --emit: version of ONNX's file format.", rich_help_panel=_ELSEWHERE),
]
