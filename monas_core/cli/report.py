"""``monas report``: a finished run as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monas_core.catalog.lookup import Catalog
    from monas_core.record.config import RunConfig
    from monas_core.report.facts import Facts

Runs = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RUN...",
        help="Run folder; without it the latest below runs/. More of them are compared with it.",
        autocompletion=complete.runs,
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", help="Where to write it; without it into the run folder."),
]
Open = Annotated[bool, typer.Option("--open", help="Show it in the browser.")]


def command(runs: Runs = None, out: Out = None, open_: Open = False, json: Json = False) -> None:
    """Write a run as one HTML page: fronts, a wish explorer, predictions, provenance.

    Further runs with the same objectives are set beside the first.

    Example: monas report runs/first runs/second --open
    """
    from monas_core.cli.common import catalog, console, print_json, run_folder
    from monas_core.record.rundir import RunFolder as Folder
    from monas_core.report.page import write_report

    first, *others = runs or [None]
    folder = Folder(run_folder(first))
    path = checked(out or folder.path / "report.html", "report.html")
    beside = [Folder.open(other) for other in others if other is not None]
    written = write_report(folder, path, _facts(folder.config, catalog()), beside)
    if json:
        print_json({"report": str(written)})
    else:
        size = written.stat().st_size / 1e6
        console().print(f"Report  {written}  ({size:.1f} MB)", soft_wrap=True, markup=False)
    if open_:
        _show(written)


def checked(path: Path, usual: str) -> Path:
    """A file that can be written; ``usual`` is a name for it.

    Raises:
        UsageError: It is a folder, or lies in none.
    """
    from monas_core.errors import UsageError

    if path.is_dir():
        raise UsageError(f"--out {path} is a folder; name a file, e.g. {path / usual}.")
    if not path.parent.is_dir():
        raise UsageError(
            f"--out {path} lies in a folder that does not exist; make {path.parent} first."
        )
    return path


def _show(path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        typer.echo(f"No browser was found; open {path} yourself.", err=True)


def _facts(config: RunConfig, catalog: Catalog) -> Facts:
    """What is installed tells about the space, objectives and devices; the rest is left out."""
    from monas_core.report.facts import Facts

    devices = [*(config.devices or ()), *(config.held_out or ())]
    return Facts(
        choices=_choices(config, catalog),
        ratios=_ratios(config.objectives or (), catalog),
        profiles=_profiles(devices, config, catalog),
    )


def _choices(config: RunConfig, catalog: Catalog) -> list[dict[str, Any]] | None:
    from monas_core.cli.spaces import described
    from monas_core.errors import MonasError

    try:
        options = config.options.get("space")
        space = catalog.create("space", config.space, options, preset=config.preset)
    except MonasError:
        return None
    choices = space.choices.choices
    rows = zip(described(choices), choices, strict=True)
    return [{**row, "group": choice.group} for row, choice in rows]


def _ratios(names: Iterable[str], catalog: Catalog) -> list[str] | None:
    """Short names of the objectives that cost no evaluation, which picks compare as ratios."""
    from monas_core.errors import MonasError

    try:
        kinds = [catalog.ask("objective", name)[0].load() for name in names]
    except MonasError:
        return None
    return [kind.short for kind in kinds if not kind.query]


def _profiles(
    names: Iterable[str], config: RunConfig, catalog: Catalog
) -> dict[str, dict[str, Any]]:
    import attrs

    from monas_core.errors import MonasError
    from monas_core.running.devices import profile_of

    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            found[name] = attrs.asdict(profile_of(name, config, catalog))
        except MonasError:
            continue
    return found
