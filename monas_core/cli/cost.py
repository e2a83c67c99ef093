"""``monas cost``: what a given network costs on every device."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

Network = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        help="FILE.pt2 (torch.export), FILE.onnx, or FILE.py:FUNCTION, which returns a module, "
        "alone or with its inputs.",
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Names, NAME:ARGUMENT or FILE.json; without it every modelled device.",
        autocompletion=complete.of("device", several=True),
    ),
]
Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="1x3x32x32[:TYPE]",
        help="Shape of an input, where the network brings none. Repeatable.",
    ),
]


def command(
    network: Network, devices: Devices = None, input_: Input = None, json: Json = False
) -> None:
    """Tell what a network costs on every device: latency, energy, memory, with their origins.

    Example: monas cost model.onnx --devices t4,raspberry-pi-5,stm32h743
    """
    from monas_core.answers.costing import costs
    from monas_core.answers.given import load
    from monas_core.cli.common import catalog, comma_list, console, print_json

    installed = catalog()
    names = comma_list(devices)
    if names is None:
        special = {"takes-argument", "measures-this-machine"}
        entries = installed.entries("device")
        names = [e.name for e in entries if not e.spec.provides & special]
    given = load(network, input_ or [])
    document: dict[str, Any] = {
        "network": given.name,
        "params": given.workload.parameters,
        "flops": given.workload.total_flops,
        "origin": "modelled",
        "devices": costs(given, names, installed),
    }
    if json:
        print_json(document)
        return
    from monas_core.ui.costtable import print_costs

    print_costs(document, console())
