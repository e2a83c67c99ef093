"""What the command line of ``monas run`` asks for: settings, and the folder of the run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from monas_core.cli.common import catalog
from monas_core.errors import UsageError
from monas_core.files import command as written

if TYPE_CHECKING:
    from monas_core.record.config import RunConfig
    from monas_core.record.rundir import RunFolder


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
        launcher: Where it is handed over to as a job.
        seeds: Those of several jobs.
    """

    flags: Mapping[str, Any]
    dotted: Sequence[str]
    file: Path | None
    resume: str | None
    dry_run: bool
    json: bool
    plain: bool
    data: str | None = None
    launcher: str | None = None
    seeds: str | None = None

    @property
    def given(self) -> list[str]:
        """The settings that were given, where they were."""
        flags = [f"--{n.replace('_', '-')}" for n, v in self.flags.items() if v is not None]
        return flags + list(self.dotted) + (["--config"] if self.file else [])


def configuration(request: Request) -> tuple[RunConfig, RunFolder | None]:
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


def folder_for(config: RunConfig, request: Request) -> RunFolder:
    """The unfinished run with the same settings, if asked for; else a new folder."""
    from monas_core.record.rundir import RunFolder, unfinished_run

    out_dir = Path(config.out_dir) if config.out_dir else None
    if request.resume == "auto":
        found = unfinished_run(config, out_dir)
        if found is not None:
            return found
    return RunFolder.create(out_dir, config)
