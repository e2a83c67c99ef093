"""``monas watch``: follow a run from another terminal, or replay it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monas_core.cli import complete
from monas_core.cli.options import Plain, RunFolder
from monas_core.running.signals import ending_as_interrupt

if TYPE_CHECKING:
    from monas_core.events import Event

_POLL_S = 0.3
_SILENCE_S = 60.0


Replay = Annotated[bool, typer.Option("--replay", help="Play the run again from its beginning.")]
Speed = Annotated[float, typer.Option(help="How much faster than it was, with --replay.")]
Device = Annotated[
    str | None,
    typer.Option(
        help="Show this device all the time, not each in turn.",
        autocompletion=complete.of("device"),
    ),
]


def command(
    run: RunFolder = None,
    replay: Replay = False,
    speed: Speed = 8.0,
    device: Device = None,
    plain: Plain = False,
) -> None:
    """Follow a run from another terminal, or replay one from its log. Ctrl-C leaves it running."""
    from monas_core.cli.common import run_folder
    from monas_core.cli.execution import observer
    from monas_core.errors import UsageError

    if not speed > 0:
        raise UsageError(f"--speed must be positive, got {speed:g}.")
    path = run_folder(run)
    if device is not None:
        _check_device(path, device)
    with (
        contextlib.suppress(KeyboardInterrupt),
        ending_as_interrupt(),
        observer(plain=plain, device=device, mode="replay" if replay else "watch") as screen,
    ):
        if replay:
            _replay(path, screen, speed)
        else:
            _follow(path, screen)
    _print_end(path)


def _replay(path: Path, screen: Any, speed: float) -> None:
    from monas_core.cli.replay import Player, play_lines
    from monas_core.record.rundir import RunFolder

    log = list(RunFolder.open(path).events())
    if hasattr(screen, "controls"):
        Player(log, screen, speed).play()
    else:
        play_lines(log, screen, speed)


def _check_device(path: Path, name: str) -> None:
    """Raise UsageError for a device that the run has not; a run that has not begun has any."""
    from monas_core.errors import UsageError, nearest
    from monas_core.events import RunStarted
    from monas_core.record.rundir import RunFolder

    begun = next((e for e in RunFolder.open(path).events() if isinstance(e, RunStarted)), None)
    known = [*begun.devices, *begun.held_out] if begun is not None else [name]
    if name not in known:
        near = nearest(name, known)
        hint = f'Did you mean "{near}"? ' if near else ""
        raise UsageError(f'The run has no device "{name}". {hint}It has: {", ".join(known)}.')


def _follow(path: Path, screen: Any) -> None:
    """Take events as they are written, until the run ends or the person leaves.

    Raises:
        UsageError: The log is no file.
    """
    from monas_core.errors import UsageError
    from monas_core.events import RunFinished, RunStarted
    from monas_core.record.rundir import RunFolder

    folder = RunFolder.open(path)
    folder.check_settings()
    log, over = folder.at("events.jsonl"), False
    if log.is_dir():
        raise UsageError(f"Event log {log} is a folder; restore the file from a copy.")
    controls = getattr(screen, "controls", None)
    for event in tail(log, folder.whose):
        if controls is not None and controls.leaving:
            return
        if event is not None:
            screen(event)
            over = isinstance(event, RunFinished) or (over and not isinstance(event, RunStarted))
            continue
        if over or folder.finished:
            return  # a log may have lost its end
        _tell_silence(path, time.time() - log.stat().st_mtime if log.exists() else 0.0, screen)
        time.sleep(_POLL_S)


def _tell_silence(path: Path, seconds: float, screen: Any) -> None:
    """Let a live screen say that nothing has come for a while: a killed run cannot."""
    from monas_core.record.given_store import going_on
    from monas_core.ui.text import clock

    if not hasattr(screen, "notice"):
        return
    screen.heard_ago(seconds)
    again = going_on(path)
    quiet = f"no news for {clock(seconds)}; if the run was killed: {again}"
    screen.notice = quiet if seconds > _SILENCE_S else ""


def tail(log: Path, whose: str = "") -> Iterator[Event | None]:
    """Events of a growing log; ``None`` when there is nothing new.

    A log that became shorter was cut back by a resumed run: what is read again
    was told before, so only what follows the cut is new.
    """
    from monas_core.record.eventlog import Whole, event_in

    position, whole = 0, Whole()
    while True:
        size = log.stat().st_size if log.exists() else 0
        if size < position:
            position = size
        if size == position:
            yield None
            continue
        with log.open("rb") as stream:
            stream.seek(position)
            chunk = stream.read()
        complete_lines, newline, _ = chunk.rpartition(b"\n")
        if not newline:
            yield None
            continue
        position += len(complete_lines) + 1
        for line in complete_lines.splitlines():
            if event := event_in(line, whose):  # a log may be cut back and regrow meanwhile
                yield whole(event)


def _print_end(path: Path) -> None:
    """The summary of a finished run, below the last screen."""
    from monas_core.cli.common import console
    from monas_core.record.given_store import going_on
    from monas_core.record.rundir import RunFolder
    from monas_core.record.soundness import events_fault
    from monas_core.ui.summary import print_summary

    folder = RunFolder.open(path)
    fault = events_fault(folder)
    if fault:
        console().print(f"note: {fault}", style="yellow", markup=False, soft_wrap=True)
    if folder.finished:
        print_summary(folder.result(), console())
    else:
        console().print(
            f"The run is not finished: it has no result.json. Go on: {going_on(path)}",
            style="dim",
            soft_wrap=True,
        )
