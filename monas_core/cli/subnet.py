"""Which subnet of a run a command is about: named by its key, or picked for a wish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from monas_core.cli import complete

if TYPE_CHECKING:
    from monas_core.run import Run
    from monas_core.values.member import Member

_WHICH = "Which subnet"

Device = Annotated[
    str | None,
    typer.Option(
        help="Hardware it is picked for. Without it the first device of the run.",
        autocompletion=complete.of("device"),
        rich_help_panel=_WHICH,
    ),
]
Prefer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=WEIGHT,...",
        help="How much each objective matters, e.g. acc=.6,lat=.4. Without it all matter equally.",
        rich_help_panel=_WHICH,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--architecture",
        metavar="KEY",
        help="Key of an architecture (or its beginning), as monas front and monas pick show it, "
        "instead of a wish.",
        rich_help_panel=_WHICH,
    ),
]


@attrs.frozen
class Subnet:
    """What the command line says about the subnet."""

    device: str | None
    prefer: str | None
    key: str | None

    def member(self, run: Run, catalog: Any) -> Member:
        """The subnet with its values on the device.

        Raises:
            UsageError: Key and wish at once, an unknown key, or a bad wish.
        """
        from monas_core.cli.common import preference
        from monas_core.errors import UsageError
        from monas_core.running.limits import vocabulary

        if self.key is not None and self.prefer is not None:
            raise UsageError("--architecture and --prefer exclude each other; give one of them.")
        device = self.device or run.devices[0]
        if self.key is not None:
            return run.evaluate(self.key, device)
        objectives = run.front(run.devices[0]).objectives
        words = vocabulary(catalog, [objective.to_json() for objective in objectives])
        # a bad wish is refused before anything is loaded
        return run.pick(device, preference(words, self.prefer).to_json())


def opened(path: Path | None, data: str | None = None) -> tuple[Run, Any]:
    """The finished run that was named, or the latest, and the catalog; ``data`` as ``Run.open``."""
    from monas_core.cli.common import catalog, run_folder
    from monas_core.run import Run

    installed = catalog()
    return Run.open(run_folder(path), installed, data=data), installed
