"""``monas bench``: optimizers side by side on a problem made of published measurements."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete

if TYPE_CHECKING:
    from monas_core.bench.contest import Asked

_WHO = "Who, and on what"
_RULES = "Rules"
_OUT = "Output"
_NOTICE = "stopping after this step … (once more stops at once; finished runs are kept)"

Problem = Annotated[
    str,
    typer.Argument(
        metavar="PROBLEM",
        help="The problem. See: monas plugins --kind benchmark",
        autocompletion=complete.of("benchmark"),
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OPTIMIZER.OPTION=VALUE",
        help="Options of the participants, e.g. random.batch=4.",
        show_default=False,
    ),
]
Optimizers = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Who takes part; without it all that are installed and can. LABEL=NAME lets "
        "one take part again under another label and with other options.",
        autocompletion=complete.of("optimizer", several=True),
        rich_help_panel=_WHO,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="MONAS_DATA",
        help="Folder of the published tables.",
        rich_help_panel=_WHO,
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        "--targets",
        metavar="A,B,...",
        help="Hardware to search for; without it the problem's own choice.",
        rich_help_panel=_WHO,
    ),
]
HeldOut = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Hardware that no search sees; without it the problem's own choice.",
        rich_help_panel=_WHO,
    ),
]
UpperLimit = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="NAME[@DEVICE]=VALUE",
        help="Upper limit that every answer has to meet, e.g. lat=5ms; hypervolume counts "
        "inside it only. Repeatable.",
        rich_help_panel=_RULES,
    ),
]
LowerLimit = Annotated[
    list[str] | None,
    typer.Option(
        "--min",
        metavar="NAME[@DEVICE]=VALUE",
        help="Lower limit, e.g. acc=70%. Repeatable.",
        rich_help_panel=_RULES,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="OPTIMIZER.OPTION=VALUE",
        help="As the arguments: one option of one participant. Repeatable.",
        rich_help_panel=_WHO,
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        metavar="200evals",
        help="Quality queries of each run, for all devices together.",
        rich_help_panel=_RULES,
    ),
]
Seeds = Annotated[
    int, typer.Option(help="How many runs of each optimizer.", rich_help_panel=_RULES)
]
Answers = Annotated[
    int,
    typer.Option(
        help="Most architectures an optimizer may name per device.", rich_help_panel=_RULES
    ),
]
Jobs = Annotated[
    int, typer.Option(help="Processes at work, of one thread each.", rich_help_panel=_OUT)
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the results; without it bench/PROBLEM-BUDGET. What is finished there "
        "is not run again.",
        rich_help_panel=_OUT,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Replace runs in the folder that were made with other settings, data or code.",
        rich_help_panel=_OUT,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document.", rich_help_panel=_OUT)
]


def command(
    problem: Problem,
    settings: Settings = None,
    optimizers: Optimizers = None,
    data_dir: DataDir = None,
    devices: Devices = None,
    held_out: HeldOut = None,
    set_: Set = None,
    budget: Budget = "200evals",
    seeds: Seeds = 8,
    answers: Answers = 24,
    maximum: UpperLimit = None,
    minimum: LowerLimit = None,
    jobs: Jobs = 1,
    out_dir: OutDir = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Compare search algorithms: same problem, same number of queries, several seeds.

    Example: monas bench nb201 --optimizers modnas,random --budget 200evals --data-dir DIR
    """
    from monas_core.cli.common import catalog, comma_list, print_json
    from monas_core.errors import UsageError

    catalog().find("benchmark", problem)  # a name nobody knows is told before a missing folder
    if data_dir is None:
        raise UsageError(
            "No data folder was named; give the folder of the published tables with --data-dir "
            "or in MONAS_DATA."
        )
    if jobs < 1:
        raise UsageError(f"--jobs must be at least 1, got {jobs}.")
    from monas_core.bench.contest import Asked
    from monas_core.problem.wording import stated

    wish = Asked(
        problem=problem,
        data=data_dir,
        budget=budget,
        seeds=seeds,
        optimizers=comma_list(optimizers),
        settings=[*(set_ or []), *(settings or [])],
        devices=comma_list(devices),
        held_out=comma_list(held_out),
        answers=answers,
        limits={"max": stated(maximum, "max"), "min": stated(minimum, "min")},
    )
    if json:
        with contextlib.redirect_stdout(sys.stderr):  # whatever a library prints
            document = _hold(wish, jobs, out_dir, force=force, quiet=True)
        print_json(document)
        return
    document = _hold(wish, jobs, out_dir, force=force, quiet=False)
    from monas_core.cli.common import console
    from monas_core.ui.benchtable import print_verdict

    print_verdict(document, console())


def _hold(
    wish: Asked, jobs: int, out_dir: Path | None, *, force: bool, quiet: bool
) -> Mapping[str, Any]:
    """Check, run what is missing, judge; or help rank 0 with it."""
    from monas_core.bench import in_ranks
    from monas_core.bench.contest import resolve
    from monas_core.bench.course import hold
    from monas_core.bench.store import Store
    from monas_core.cli.common import catalog
    from monas_core.running import together
    from monas_core.running.control import Control
    from monas_core.running.signals import graceful

    installed, control, ranks = catalog(), Control(), together.met()
    if ranks.number:
        help_out = partial(in_ranks.take_part, wish, installed, ranks)
        raise typer.Exit(together.helped(ranks, help_out))
    with together.leading(ranks), contextlib.ExitStack() as stack:
        with _waiting(quiet=quiet):
            contest, benchmark = resolve(wish, installed)
        folder = out_dir or Path("bench") / f"{contest.problem}-{contest.budget}"
        watcher = stack.enter_context(_watcher(quiet=quiet))
        stack.enter_context(graceful(control, watcher, _NOTICE))
        return hold(
            contest,
            benchmark,
            installed,
            Store(folder, force=force),
            watcher,
            jobs=jobs,
            ranks=ranks,
            stopping=lambda: control.stopping,
        )


def _waiting(*, quiet: bool) -> contextlib.AbstractContextManager[Any]:
    """A sign of life while the data are read; only on a terminal."""
    from monas_core.cli.common import console

    screen = console(stderr=True)
    if quiet or not screen.is_terminal:
        return contextlib.nullcontext()
    return screen.status("checking the contest, reading the data …", spinner_style="cyan")


@contextlib.contextmanager
def _watcher(*, quiet: bool) -> Iterator[Any]:
    """Bars on a terminal, plain lines elsewhere, nothing beside a document."""
    from monas_core.cli.common import console
    from monas_core.ui.benchprogress import Bars, Lines, Silence

    screen = console()
    if quiet:
        yield Silence()
    elif screen.is_terminal and not screen.is_dumb_terminal:
        with Bars(screen) as bars:
            yield bars
    else:
        yield Lines(sys.stdout)
