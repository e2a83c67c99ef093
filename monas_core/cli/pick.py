"""``monas pick``: one architecture for a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json, RunFolder

if TYPE_CHECKING:
    from monas_core.values.constraint import Constraint


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
Maximum = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="NAME=VALUE",
        help="Upper limit, in any unit of the quantity: lat=5ms, energy=2mJ. Repeatable.",
    ),
]
Minimum = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="NAME=VALUE", help="Lower limit. Repeatable."),
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
    verify: Verify = False,
    json: Json = False,
) -> None:
    """Pick one architecture for what you care about, on one device.

    Example: monas pick --device host --prefer acc=.6,lat=.3,energy=.1 --max lat=5ms
    """
    from monas_core.cli.common import catalog, console, known_names, print_json, run_folder, weights
    from monas_core.values.preference import Preference

    path = run_folder(run)
    installed = catalog()

    from monas_core.run import Run

    opened = Run.open(path, installed)
    objectives = opened.front(opened.devices[0])["objectives"]
    names = [objective["name"] for objective in objectives]
    wish = weights(prefer, "--prefer") if prefer is not None else dict.fromkeys(names, 1.0)
    wish = known_names(installed, objectives, wish)
    Preference.normalised(wish, names)  # a bad wish is refused before anything is loaded
    limits = [
        *_limits(maximum or [], "max", objectives, installed),
        *_limits(minimum or [], "min", objectives, installed),
    ]
    member = opened.pick(device or opened.devices[0], wish, limits, verify=verify)
    if json:
        print_json(member)
        return
    from monas_core.cli.spaces import conditions
    from monas_core.ui.fronttable import print_member

    print_member(member, objectives, conditions(opened.config, installed), console())


def _limits(
    texts: Sequence[str], kind: Any, objectives: Sequence[Mapping[str, str]], catalog: Any
) -> list[Constraint]:
    """Limits in the units of the run's objectives."""
    from monas_core.cli.common import known_names
    from monas_core.errors import UsageError
    from monas_core.values import quantity
    from monas_core.values.constraint import Constraint

    units = {objective["name"]: objective["unit"] for objective in objectives}
    found: list[Constraint] = []
    for text in texts:
        given, equals, written = (part.strip() for part in text.partition("="))
        try:
            value, unit = quantity.parse(written if given and equals else "")
        except ValueError:
            raise UsageError(
                f'--{kind} "{text}" is not understood; write name=value, e.g. lat=5ms.'
            ) from None
        name = next(iter(known_names(catalog, objectives, {given: value})))
        if name not in units:
            raise UsageError(
                f'--{kind} names "{given}", which is no objective of this run; '
                f"it has: {', '.join(units)}."
            )
        bound = quantity.in_unit(value, unit, units[name], f"--{kind} {given}")
        found.append(Constraint(name, kind, bound))
    return found
