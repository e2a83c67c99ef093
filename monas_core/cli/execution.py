"""How ``monas run`` goes about it: configuration, folder, screen, summary."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from monas_core.cli import streams
from monas_core.cli.common import catalog, console, print_json
from monas_core.errors import Interrupted, MonasError, UsageError
from monas_core.files import command as written
from monas_core.running.signals import graceful

if TYPE_CHECKING:
    from monas_core.catalog.specs import Entry
    from monas_core.computing.ranks import Ranks
    from monas_core.events import Event
    from monas_core.record.config import RunConfig
    from monas_core.record.rundir import RunFolder
    from monas_core.running.engine import RunResult
    from monas_core.running.plan import Plan
    from monas_core.ui.controls import Mode


@attrs.frozen
class Request:
    """The command line of ``monas run``.

    Attributes:
        flags: Settings given by options; ``None`` where not given.
        dotted: ``key.path=value`` settings.
        file: File of settings.
        resume: ``auto``, a folder, or ``None``.
        dry_run: Stop before anything is made.
        json: One document on standard output and nothing else.
        plain: No live screen.
        data: Where the data of a run that is resumed lie now.
    """

    flags: Mapping[str, Any]
    dotted: Sequence[str]
    file: Path | None
    resume: str | None
    dry_run: bool
    json: bool
    plain: bool
    data: str | None = None

    @property
    def given(self) -> list[str]:
        """The settings that were given, where they were."""
        flags = [f"--{n.replace('_', '-')}" for n, v in self.flags.items() if v is not None]
        return flags + list(self.dotted) + (["--config"] if self.file else [])


def carry_out(request: Request) -> None:
    """Do what the command line asks for.

    Raises:
        UsageError: Before anything is written.
        Interrupted: The person stopped the run.
    """
    if request.json:
        with contextlib.redirect_stdout(sys.stderr):  # whatever a library prints
            document = _carry_out(request)
        print_json(document)
        return
    _carry_out(request)


def _carry_out(request: Request) -> Mapping[str, Any]:
    from monas_core.running import together

    ranks = together.met()
    if ranks.number:
        raise typer.Exit(together.help_out(catalog(), ranks))
    with together.leading(ranks):
        return _led(request, ranks)


def _led(request: Request, ranks: Ranks) -> Mapping[str, Any]:
    """The run, of the process that decides, writes and shows."""
    with _waiting("checking the run, reading the data …", request):
        from monas_core.running.together import resolved_together

        config, folder = _configuration(request)
        if request.data is not None and folder is None:
            raise UsageError(
                "--data says where the data of a run lie that is gone on with: add --resume DIR; "
                "for a new run write --task NAME:PATH."
            )
        plan = resolved_together(config, catalog(), ranks, folder, request.data)
        plan.rehearse(folder.path if folder is not None else None)
    if request.dry_run:
        return _show_plan(plan, request)
    if folder is None:
        folder = _folder(plan.config, request)
    result = _execute(plan, folder, request).to_json()
    if not request.json:
        from monas_core.ui.summary import print_summary

        print_summary(result, console())
    return result


@contextlib.contextmanager
def _waiting(text: str, request: Request) -> Iterator[None]:
    """Signs of life while nothing else can be shown yet."""
    from monas_core.progress import heard
    from monas_core.ui.waiting import Lines

    screen = console(stderr=True)
    if not screen.is_terminal or request.json:
        with heard(Lines(sys.stderr)):
            yield
        return
    with (
        screen.status(text, spinner_style="cyan") as status,
        heard(lambda what, share: status.update(f"{what}: {share:.0%} …")),
    ):
        yield


def _configuration(request: Request) -> tuple[RunConfig, RunFolder | None]:
    """What to run, and the folder to go on in if it is already known."""
    from monas_core.record.config import load_config
    from monas_core.record.rundir import RunFolder, runs_in

    if request.resume is None or (request.resume == "auto" and request.given):
        file, base = request.file, None
        if file is not None and not file.exists():
            presets = {entry.name: entry for entry in catalog().entries("preset")}
            if str(file) in presets:
                file, base = None, presets[str(file)].create()
        return load_config(file, request.flags, request.dotted, base), None
    if request.resume != "auto":
        if request.given:
            raise UsageError(
                f"--resume {request.resume} goes on with the settings of that run; "
                f"leave out {', '.join(request.given)}."
            )
        folder = RunFolder.open(Path(request.resume))
        _refuse_own_parts(folder)
        return folder.config, folder
    for path in reversed(runs_in(Path("runs"))):
        folder = RunFolder(path)
        with contextlib.suppress(UsageError):  # a damaged neighbour must not block the others
            if not folder.finished and not folder.busy():
                _refuse_own_parts(folder)
                return folder.config, folder
    raise UsageError("There is no unfinished run in runs/; start one with monas run --space NAME.")


def _refuse_own_parts(folder: RunFolder) -> None:
    """Raise UsageError for a run with parts that only a program can hand in."""
    from monas_core.record import given_store

    parts = given_store.read(folder.path)
    if parts:
        remedy = f"go on with: {given_store.going_on(folder.path)}"
        if folder.finished:
            remedy = f"it is finished, see: {written('monas front', folder.path)}"
        raise UsageError(
            f"Run {folder.path} was started by a program with its own "
            f"{given_store.in_words(parts)}, which the command line cannot know; {remedy}"
        )


def _folder(config: RunConfig, request: Request) -> RunFolder:
    """The unfinished run with the same settings, if asked for; else a new folder."""
    from monas_core.record.rundir import RunFolder, unfinished_run

    out_dir = Path(config.out_dir) if config.out_dir else None
    if request.resume == "auto":
        found = unfinished_run(config, out_dir)
        if found is not None:
            return found
    return RunFolder.create(out_dir, config)


def _show_plan(plan: Plan, request: Request) -> Mapping[str, Any]:
    from monas_core.running.estimate import estimated

    summary = {**plan.summary(), "loss of one untrained batch": plan.try_batch()}
    summary |= estimated(plan)
    if notes := [*plan.task.record().notes, *plan.notes]:
        summary["notes"] = notes
    if not request.json:
        from monas_core.ui.summary import print_facts

        screen = console()
        print_facts(summary, screen)
        screen.print("\nNothing was started. Leave out --dry-run to run this.", style="dim")
    return summary


def _execute(plan: Plan, folder: RunFolder, request: Request) -> RunResult:
    """Run it under a screen, stopping gracefully on Ctrl-C."""
    from monas_core.events import Bus, Warned
    from monas_core.running.control import Control
    from monas_core.running.engine import execute
    from monas_core.running.naming import observers

    bus, control = Bus(), Control()
    with observer(plain=request.plain or request.json, stderr=request.json) as screen:
        bus.attach(screen)
        for entry, options in observers(plan.config, catalog()):
            try:
                bus.attach(_named(entry, options))
            except MonasError as error:
                bus.emit(Warned(0.0, f"observer left out: {error}"))
        try:
            with graceful(control, screen):
                return execute(plan, folder, bus, control)
        except KeyboardInterrupt:
            raise Interrupted(
                "stopped at once; go on from the last checkpoint with: "
                + written("monas run --resume", folder.path)
            ) from None


def _named(entry: Entry, options: Any) -> Callable[[Event], None]:
    """An installed observer under a name that tells whose it is."""
    from monas_core.running.naming import Asked

    told = Asked(entry).create(options)

    def tell(event: Event) -> None:
        told(event)

    tell.__qualname__ = f'"{entry.name}" ({entry.origin})'
    return tell


@contextlib.contextmanager
def observer(
    *, plain: bool, stderr: bool = False, device: str | None = None, mode: Mode = "run"
) -> Iterator[Any]:
    """The live screen on a terminal that can show it, plain lines elsewhere."""
    from monas_core.ui.plain import PlainLines

    screen = console(stderr=stderr)
    drawn = screen.is_terminal and not screen.is_dumb_terminal and streams.draws(screen.encoding)
    if plain or not drawn:
        yield PlainLines(sys.stderr if stderr else sys.stdout)
        return
    from monas_core.ui.live import LiveScreen

    with LiveScreen(screen, device=device, mode=mode).shown() as live:
        yield live
