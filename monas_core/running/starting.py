"""A run begun or taken up again by a program: checked, then carried out in its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.events import Bus
from monas_core.parts.task import Task
from monas_core.record import given_store
from monas_core.record.config import RunConfig, to_document
from monas_core.record.rundir import RunFolder, unfinished_run
from monas_core.running.control import Control
from monas_core.running.engine import execute
from monas_core.running.given import check_same, documents
from monas_core.running.hearing import heard_by
from monas_core.running.plan import Plan
from monas_core.running.remembered import RememberedTask, open_task
from monas_core.running.resolving import resolve

AUTO = "auto"
"""Take up the unfinished run with the same settings, if there is one."""


def carry_out(
    config: RunConfig,
    catalog: Catalog,
    bus: Bus,
    control: Control,
    resume: str | None = None,
    data: str | None = None,
) -> Path:
    """Carry a run out to its end; gives its folder.

    Args:
        config: What is run; of a run that is named, as it was started, with what is said now.
        catalog: What is installed and handed in.
        bus: Hears of it.
        control: Stops it.
        resume: ``auto``, a run folder, or ``None``.
        data: Where the data of a run that is resumed lie now.

    Raises:
        Interrupted: ``control`` stopped it, or the person did.
        MonasError: As the command line would report it.
    """
    control.python = True
    folder = RunFolder.open(Path(resume)) if resume not in (None, AUTO) else None
    task = None
    if folder is not None:
        check_same(folder.path, given_store.read(folder.path), catalog, all_=True)
        task = same_data(config, catalog, folder, data)
    elif data is not None:
        raise UsageError(
            "data= says where the data of a run lie that is gone on with: name it, resume=PATH; a "
            "new run is told by its task."
        )
    plan = resolve(config, catalog, task=task)
    if folder is not None:
        _same_settings(folder, plan.config)
    with gradients():
        plan.rehearse(folder.path if folder is not None else None)
    if folder is None:
        folder = _folder(plan, catalog, go_on=resume == AUTO)
    try:
        with gradients(), heard_by(plan.observers, bus):
            execute(plan, folder, bus, control)
    except KeyboardInterrupt as error:
        error.add_note(
            "go on from the last checkpoint with: " + given_store.going_on(folder.path, python=True)
        )
        raise
    return folder.path


def same_data(
    config: RunConfig, catalog: Catalog, folder: RunFolder | None, data: str | None = None
) -> tuple[Task, Entry] | None:
    """The task of a run to go on with, with its data. Raises UsageError where they changed."""
    if folder is None or folder.finished:
        return None
    task = open_task(config, catalog, folder.path, data)
    if task is not None and isinstance(task[0], RememberedTask):
        raise UsageError(
            f"Run {folder.path} cannot go on without its data, {config.task}, and "
            f"{task[0].reason}; {task[0].wanted}, or start a new run."
        )
    return task


@contextmanager
def gradients() -> Iterator[None]:
    """Training works wherever it is called from, also within ``no_grad`` or inference mode."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        yield


def _folder(plan: Plan, catalog: Catalog, *, go_on: bool) -> RunFolder:
    """The unfinished run with the same settings, if asked for; else a new folder."""
    out_dir = Path(plan.config.out_dir) if plan.config.out_dir else None
    kept = documents(plan, catalog)
    found = unfinished_run(plan.config, out_dir) if go_on else None
    if found is None:
        return RunFolder.create(out_dir, plan.config, kept)
    check_same(found.path, given_store.read(found.path), catalog, all_=True)
    same_data(plan.config, catalog, found)
    return found


def _same_settings(folder: RunFolder, now: RunConfig) -> None:
    """Refuse to go on with other settings. Raises UsageError."""
    before = _comparable(folder.config)
    asked = _comparable(now)
    differing = [key for key in before if before[key] != asked[key]]
    if differing:
        key = differing[0]
        raise UsageError(
            f"Run {folder.path} goes on with the settings it was started with, and {key} is "
            f"{asked[key]!r:.60}, not {before[key]!r:.60}; leave out {', '.join(differing)}, or "
            "start a new run."
        )


def _comparable(config: RunConfig) -> Mapping[str, Any]:
    return to_document(attrs.evolve(config, out_dir=None, observers=None))
