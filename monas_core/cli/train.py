"""``monas train``: one subnet trained further, alone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from monas_core.cli.options import Data, Json, Plain, RunFolder
from monas_core.cli.subnet import Device, Key, Prefer, Subnet

_HOW = "How"

Steps = Annotated[
    int | None,
    typer.Option(
        help="Length in steps; without it as many as the supernet's warm-up had.",
        rich_help_panel=_HOW,
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(metavar="60s|500steps", help="Length, as time or steps.", rich_help_panel=_HOW),
]
FromScratch = Annotated[
    bool,
    typer.Option(
        "--from-scratch", help="Start from fresh weights, not inherited ones.", rich_help_panel=_HOW
    ),
]
Distil = Annotated[
    bool,
    typer.Option(
        "--distil", help="Learn from the largest subnet's answers, too.", rich_help_panel=_HOW
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(help="Peak; without it that of the supernet's warm-up.", rich_help_panel=_HOW),
]
BatchSize = Annotated[int | None, typer.Option(help="Samples per step.", rich_help_panel=_HOW)]
Seed = Annotated[int, typer.Option(help="Start of everything random.", rich_help_panel=_HOW)]
Anew = Annotated[
    bool,
    typer.Option(
        "--anew", help="Replace an earlier training of this subnet.", rich_help_panel=_HOW
    ),
]


def command(
    run: RunFolder = None,
    device: Device = None,
    prefer: Prefer = None,
    architecture: Key = None,
    steps: Steps = None,
    budget: Budget = None,
    from_scratch: FromScratch = False,
    distil: Distil = False,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    anew: Anew = False,
    data: Data = None,
    json: Json = False,
    plain: Plain = False,
) -> None:
    """Train one subnet alone, from the weights it inherits. Stopped or killed, the same command
    goes on with it.

    Example: monas train --device host --prefer acc=.6,lat=.4 --budget 60s --distil
    """
    from monas_core.cli.common import print_json

    settings = {
        "budget": _length(steps, budget),
        "from_scratch": from_scratch,
        "distil": distil,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "seed": seed,
    }
    subnet = Subnet(device, prefer, architecture)
    found = (run, data)
    if json:
        with contextlib.redirect_stdout(sys.stderr):  # whatever a library prints
            document = _carry_out(found, subnet, settings, anew=anew, plain=True, stderr=True)
        print_json(document)
        return
    from monas_core.cli.common import console
    from monas_core.ui.exported import print_training

    print_training(
        _carry_out(found, subnet, settings, anew=anew, plain=plain, stderr=False), console()
    )


def _length(steps: int | None, budget: str | None) -> str | None:
    """The budget in its written form. Raises UsageError when it is given twice."""
    from monas_core.errors import UsageError
    from monas_core.values.budget import Budget

    if steps is not None and budget is not None:
        raise UsageError("--steps and --budget exclude each other; give one of them.")
    if steps is None:
        return str(Budget.parse(budget)) if budget is not None else None
    return str(Budget.parse(f"{steps}steps"))


def _carry_out(
    run: tuple[Any, str | None],
    subnet: Subnet,
    settings: Mapping[str, Any],
    *,
    anew: bool,
    plain: bool,
    stderr: bool,
) -> dict[str, Any]:
    """Pick and train under a screen, stopping gracefully on Ctrl-C."""
    from monas_core.cli.execution import observer
    from monas_core.cli.subnet import opened
    from monas_core.errors import Interrupted
    from monas_core.events import Bus
    from monas_core.running.absent import require_space
    from monas_core.running.control import Control
    from monas_core.running.signals import graceful
    from monas_core.train.loop import train
    from monas_core.train.settings import TrainSettings

    found, installed = opened(*run)
    require_space(found.session.plan)
    wanted = TrainSettings.recommended(found.session.plan.warm_up, **settings)
    member = subnet.member(found, installed)
    architecture = found.architecture(member)
    bus, control = Bus(), Control()
    with observer(plain=plain, stderr=stderr) as screen:
        bus.attach(screen)
        try:
            with graceful(control, screen):
                result = train(
                    found.session.context, found.path, architecture, wanted,
                    bus=bus, control=control, anew=anew,
                )  # fmt: skip
        except KeyboardInterrupt:
            raise Interrupted(
                "stopped at once; the same command goes on from the last checkpoint"
            ) from None
    return {"run": str(found.path), "device": member.device, **result}
