"""``monas pick``: one architecture for a wish."""

from __future__ import annotations

from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Data, Json, Maximum, Minimum, RunFolder, TargetValue

Device = Annotated[
    str | None,
    typer.Option(
        help="Hardware the architecture is for, also one the search never saw: a name, or "
        "the file that monas profile wrote. Without it the first device of the run.",
        autocompletion=complete.of("device"),
    ),
]
Prefer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=WEIGHT,...",
        help="How much each objective matters, e.g. acc=.6,lat=.3,energy=.1 (scaled to "
        "sum 1). Without it all matter equally.",
    ),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify", help="Measure the answer now, beside the prediction; on this machine only."
    ),
]


def command(
    run: RunFolder = None,
    device: Device = None,
    prefer: Prefer = None,
    maximum: Maximum = None,
    minimum: Minimum = None,
    target: TargetValue = None,
    verify: Verify = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pick one architecture for what you care about, on one device.

    Example: monas pick --device host --prefer acc=.6,lat=.3,energy=.1 --max lat=5ms
    """
    from monas_core.cli.common import (
        catalog,
        console,
        preference,
        print_json,
        run_folder,
        tell_without_data,
    )
    from monas_core.problem.wording import stated

    given = {"max": maximum, "min": minimum, "target": target}
    limits = {option: stated(texts, option) for option, texts in given.items()}
    path = run_folder(run)
    installed = catalog()

    from monas_core.run import Run
    from monas_core.running.limits import vocabulary

    opened = Run.open(path, installed, data=data)
    objectives = opened.front(opened.devices[0]).objectives
    words = vocabulary(installed, [objective.to_json() for objective in objectives])
    chosen = device or opened.devices[0]
    # a bad wish is refused before anything is loaded
    wish = preference(words, prefer).to_json()
    words.limits(limits, [*opened.devices, chosen])
    least, most, exact = limits["min"], limits["max"], limits["target"]
    member = opened.pick(chosen, wish, verify=verify, max=most, min=least, target=exact)
    tell_without_data(opened)
    if json:
        print_json(member.to_json())
        return
    from monas_core.cli.spaces import conditions
    from monas_core.ui.fronttable import print_member

    known = opened.front(chosen) if chosen in opened.devices else None
    print_member(member, objectives, conditions(opened.folder), console(), known)
