"""What one writes in Python: ``import monas_core as monas``; the command line's equal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monas_core.catalog.lookup import Catalog
from monas_core.events import Bus
from monas_core.own_task import OwnTask, with_task
from monas_core.parts.task import Score, Task
from monas_core.record.config import load_config
from monas_core.run import Run
from monas_core.run import search as carry_out

__all__ = ["OwnTask", "Run", "Score", "open_run", "search"]


def search(
    space: str,
    *,
    objectives: Sequence[str] | None = None,
    devices: Sequence[str] | None = None,
    held_out: Sequence[str] | None = None,
    task: str | Task | None = None,
    budget: str | None = None,
    out_dir: Path | str | None = None,
    progress: bool = True,
    **settings: Any,
) -> Run:
    """Train a supernet, search, and return the finished run with one front per device.

    Args:
        space: Search space: the family of networks.
        objectives: What to optimise, e.g. ``["acc", "lat", "energy"]``.
        devices: Hardware to search for; ``host`` is this machine.
        held_out: Hardware that gets a front but that the search never sees.
        task: Name of a task, or one of your own.
        budget: Of the search: ``120s``, ``60steps`` or ``200evals``.
        out_dir: Folder of the run; without it a new one under ``runs/``.
        progress: Write lines of progress to standard output.
        settings: Any other field of ``RunConfig``: ``preset``, ``optimizer``, ``seed``,
            ``preferences``, ``warm_up={"steps": 500}``, ``options``, ``max={"lat": "5ms"}``,
            ``min``, ``target={"lat@host": "12ms"}``, ...

    Returns:
        The run: ``run.front(device)``, ``run.pick(device, {"acc": 0.6, "lat": 0.4})``,
        ``run.load(member)``, ``run.train(member)``, ``run.export(member, "onnx", path)``.

    Raises:
        MonasError: As the command line would report it.

    Example:
        >>> run = search("gpt", objectives=["acc", "lat"], devices=["host"], budget="60s")
        >>> network = run.load(run.pick("host", {"acc": 0.5, "lat": 0.5}))
    """
    catalog, name = _catalog(task)
    given: Mapping[str, Any] = {
        "space": space,
        "objectives": _listed(objectives),
        "devices": _listed(devices),
        "held_out": _listed(held_out),
        "task": name,
        "budget": budget,
        "out_dir": str(out_dir) if out_dir is not None else None,
        **settings,
    }
    bus = Bus()
    if progress:
        from monas_core.ui.plain import PlainLines

        bus.attach(PlainLines(sys.stdout))
    return carry_out(load_config(None, given), catalog, bus)


def open_run(path: Path | str, *, task: Task | None = None) -> Run:
    """A finished run; a task of your own is not in its folder and has to be given again.

    Raises:
        UsageError: The folder holds none.
    """
    return Run.open(path, _catalog(task)[0])


def _catalog(task: str | Task | None) -> tuple[Catalog, str | None]:
    installed = Catalog.installed()
    if isinstance(task, Task):
        return with_task(installed, task), task.name
    return installed, task


def _listed(names: Sequence[str] | None) -> list[str] | None:
    """Names as a list; one name alone is a list of one, as on the command line."""
    if names is None:
        return None
    return [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
