"""``monas export``: a subnet as a model that runs without monas."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Data, Json, RunFolder
from monas_core.cli.subnet import Device, Key, Prefer, Subnet

Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        help="pt2: program of torch.export. onnx: checked and timed in onnxruntime. safetensors: "
        "weights, config.json and a plain model.py. hf: a stock class of transformers. "
        "All of them: monas plugins.",
        autocompletion=complete.of("format"),
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="File or folder to write; without it SPACE-KEY in the current folder. "
        "It must not exist.",
    ),
]
Weights = Annotated[
    str,
    typer.Option(
        metavar="auto|inherited|trained",
        help="Inherited from the supernet, or trained by monas train; auto takes trained ones "
        "where there are some.",
    ),
]

Opset = Annotated[
    int | None, typer.Option("--opset", help="Version of ONNX's operators, for an old runtime.")
]
Ir = Annotated[
    int | None, typer.Option("--ir", help="Version of ONNX's file format, for an old runtime.")
]


def command(
    format_: Format,
    run: RunFolder = None,
    device: Device = None,
    prefer: Prefer = None,
    architecture: Key = None,
    out: Out = None,
    weights: Weights = "auto",
    opset: Opset = None,
    ir: Ir = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write a subnet as a model that runs without monas, checked against the subnet.

    Beside it lie a worked example (predict.py) and a model card; monas predict asks the model.

    Example: monas export --device host --prefer acc=.6,lat=.4 --format onnx --out small.onnx
    """
    from monas_core.cli.common import catalog, console, print_json, tell_without_data
    from monas_core.cli.subnet import opened

    subnet = Subnet(device, prefer, architecture)
    quiet = contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext()
    with quiet:  # whatever a library prints
        from monas_core.export.ship import check_request

        versions = {"opset": opset, "ir": ir}
        options = {name: value for name, value in versions.items() if value is not None}
        wanted = check_request(catalog(), format_, weights, out, options)
        found, installed = opened(run, data)
        member = subnet.member(found, installed)
        tell_without_data(found)
        suffix = wanted.format.suffix or f"-{wanted.name}"
        path = out or Path(f"{found.config.space.partition(':')[0]}-{member.key}{suffix}")
        report = found.export(member, format_, path, weights=weights, options=options)
        objectives = found.front(found.devices[0]).objectives
    report["run"] = str(found.path)
    if json:
        shown = [objective.to_json() for objective in objectives]
        print_json(report | {"member": member.to_json(), "objectives": shown})
        return
    from monas_core.ui.exported import print_export

    print_export(report, member, objectives, console())
