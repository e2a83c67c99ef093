"""How ``monas run`` goes about it: configuration, folder, screen, summary."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import typer

from monas_core.cli import streams
from monas_core.cli.common import catalog, console, print_json
from monas_core.cli.request import Request, configuration, folder_for
from monas_core.errors import Interrupted, UsageError
from monas_core.files import command as written
from monas_core.running.signals import graceful

if TYPE_CHECKING:
    from monas_core.computing.ranks import Ranks
    from monas_core.record.config import RunConfig
    from monas_core.record.rundir import RunFolder
    from monas_core.running.engine import RunResult
    from monas_core.running.plan import Plan
    from monas_core.ui.controls import Mode


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

    if request.launcher is not None:
        return _hand_over(request, request.launcher)
    if request.seeds is not None:
        raise UsageError(
            "--seeds starts a job for each seed: add --launcher local (or slurm), or name one with "
            "--seed."
        )
    ranks = together.met()
    if ranks.number:
        raise typer.Exit(together.help_out(catalog(), ranks))
    with together.leading(ranks):
        return _led(request, ranks)


def _led(request: Request, ranks: Ranks) -> Mapping[str, Any]:
    """The run, of the process that decides, writes and shows."""
    with _waiting("checking the run, reading the data …", request):
        from monas_core.running.together import resolved_together

        config, folder = configuration(request)
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
        folder = folder_for(plan.config, request)
    result = _execute(plan, folder, request).to_json()
    if not request.json:
        from monas_core.ui.summary import print_summary

        print_summary(result, console())
    return result


def _hand_over(request: Request, cluster: str) -> Mapping[str, Any]:
    """Check the run here, and have jobs carry it out."""
    from monas_core.cli import launching
    from monas_core.computing.launch import launched

    if launched() is not None:
        raise UsageError("--launcher starts the processes itself; leave out torchrun.")
    own, dotted = launching.parted(request.dotted)
    launcher = launching.Launcher.of(cluster, own)
    request = attrs.evolve(request, dotted=dotted)
    seeds = launching.seeds_of(request.seeds) if request.seeds is not None else []
    if seeds and request.flags.get("seed") is not None:
        raise UsageError(f"--seeds {request.seeds} says all seeds; leave out --seed.")
    with _waiting("checking the run, reading the data …", request):
        config, folder = configuration(request)
        if folder is not None:
            config = attrs.evolve(config, out_dir=str(folder.path))
        plan = _checked(attrs.evolve(config, seed=[*seeds, config.seed][0]), folder, request.data)
        resume = request.resume is not None
        places = launching.places(plan.config, seeds, resume=resume)
    if request.dry_run:
        return _show_plan(plan, request)
    handed = launching.handed_over(launcher, config, places, request.data)
    if not request.json:
        from monas_core.ui.handed import print_handed

        print_handed(handed.to_json(), console())
    if launcher.wait:
        handed.wait()
    return handed.to_json()


def _checked(config: RunConfig, folder: RunFolder | None, data: str | None) -> Plan:
    """The plan of the first job. Raises UsageError for whatever it would end with."""
    from monas_core.computing.ranks import ALONE
    from monas_core.running.together import resolved_together

    plan = resolved_together(config, catalog(), ALONE, folder, data)
    plan.rehearse(folder.path if folder is not None else None)
    return plan


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
    from monas_core.events import Bus
    from monas_core.running.control import Control
    from monas_core.running.engine import execute
    from monas_core.running.hearing import heard_by

    bus, control = Bus(), Control()
    with observer(plain=request.plain or request.json, stderr=request.json) as screen:
        bus.attach(screen)
        try:
            with heard_by(plan.observers, bus), graceful(control, screen):
                return execute(plan, folder, bus, control)
        except KeyboardInterrupt:
            raise Interrupted(
                "stopped at once; go on from the last checkpoint with: "
                + written("monas run --resume", folder.path)
            ) from None


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
