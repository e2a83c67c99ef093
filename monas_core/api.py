"""What one writes in Python: ``import monas_core as monas``; the command line's equal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monas_core.answers.judging import from_front
from monas_core.catalog.lookup import Catalog
from monas_core.errors import Interrupted, MonasError, UsageError
from monas_core.events import Bus, Event
from monas_core.export.hub import from_pretrained, push_to_hub
from monas_core.extras import require_packages
from monas_core.own_task import OwnTask
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.loss import Loss
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Score, Task
from monas_core.parts.trainer import Trainer
from monas_core.problem.optimizer import Optimizer
from monas_core.record.config import RunConfig, load_config, to_document
from monas_core.record.rundir import RunFolder
from monas_core.run import Run
from monas_core.running import starting
from monas_core.running.control import Control, Following, Progress
from monas_core.running.handed import handed_over
from monas_core.running.signals import graceful
from monas_core.ui.notebook import NotebookProgress, in_notebook
from monas_core.ui.plain import PlainLines
from monas_core.values.constraint import Constraint

if TYPE_CHECKING:
    from monas_core.answers.slider import WishSlider

__all__ = [
    "Constraint",
    "Control",
    "Interrupted",
    "MonasError",
    "OwnTask",
    "Progress",
    "Run",
    "Score",
    "from_pretrained",
    "open_run",
    "push_to_hub",
    "search",
    "wish_slider",
]

Observer = Callable[[Event], Any]


def search(
    space: str | SearchSpace | type[SearchSpace] | None = None,
    *,
    objectives: str | Sequence[str | Objective | type[Objective]] | Objective | None = None,
    devices: str | Path | Sequence[str | Path | Device] | Device | None = None,
    held_out: str | Path | Sequence[str | Path | Device] | Device | None = None,
    task: str | Task | None = None,
    loss: str | type[Loss] | None = None,
    optimizer: str | Optimizer | type[Optimizer] | None = None,
    trainer: str | Trainer | type[Trainer] | None = None,
    predictor: str | Path | Run | None = None,
    embedding: str | HardwareEmbedding | type[HardwareEmbedding] | None = None,
    observers: str | Observer | Sequence[str | Observer] = (),
    budget: str | None = None,
    out_dir: Path | str | None = None,
    resume: bool | str | Path | None = None,
    data: str | Path | None = None,
    control: Control | None = None,
    progress: bool | Callable[[Progress], Any] = True,
    **settings: Any,
) -> Run:
    """Train a supernet, search, and return the finished run with one front per device.

    Every part is a name, or an object of one's own: an instance, or its class. Of such a run
    keeps what tells it apart, and takes the same objects again in ``resume`` and ``open_run``.

    Args:
        space: Search space: the family of networks. May be left out with ``resume=PATH``.
        objectives: What to optimise, e.g. ``["acc", "lat", "energy"]``.
        devices: Hardware to search for; ``host`` is this machine.
        held_out: Hardware that gets a front but that the search never sees.
        task: Data, loss and score.
        loss: What training makes small in place of the task's own loss.
        optimizer: Search algorithm.
        trainer: How the supernet is trained.
        predictor: A finished run, or its folder, whose predictor of quality the optimizer goes by.
        embedding: How devices are described to the optimizer.
        observers: Hear of every event: functions, or names of installed ones.
        budget: Of the search: ``120s``, ``60steps`` or ``200evals``.
        out_dir: Folder of the run; without it a new one under ``runs/``.
        resume: ``True`` or ``"auto"``: go on with the unfinished run with the same settings, if
            there is one; a run folder: go on with that one.
        data: Where the data of the run that is gone on with lie now, if they were moved.
        control: Its ``stop()``, from any thread, stops the run after the current step.
        progress: Lines on standard output, bars in a notebook; or a function, told every step.
        settings: Any other field of ``RunConfig``: ``preset``, ``seed``, ``preferences``,
            ``retrain="500steps"``, ``warm_up={"steps": 500}``, ``options``,
            ``max={"lat": "5ms"}``, ``min``, ``target={"lat@host": "12ms"}``, ...

    Returns:
        The run: ``run.front(device)``, ``run.pick(device, {"acc": 0.6, "lat": 0.4})``,
        ``run.load(member)``, ``run.train(member)``, ``run.export(member, "onnx", path)``.

    Raises:
        Interrupted: It was stopped by ``control``; what was done is saved.
        MonasError: As the command line would report it.

    Example:
        >>> run = search("gpt", objectives=["acc", "lat"], devices=["host"], budget="60s")
        >>> network = run.load(run.pick("host", {"acc": 0.5, "lat": 0.5}))
    """
    parts = {
        "space": space,
        "objectives": _listed(objectives),
        "devices": _listed(devices),
        "held_out": _listed(held_out),
        "task": task,
        "loss": loss,
        "optimizer": optimizer,
        "trainer": trainer,
        "embedding": embedding,
    }
    catalog, names = handed_over(Catalog.installed(), parts)
    if isinstance(space, SearchSpace):
        settings = {"preset": space.preset, **settings}
    where, again = _folders(out_dir=out_dir, predictor=predictor), _resumed(resume)
    named, hearing = _hearers(observers)
    config = _config({**names, "observers": named, "budget": budget, **where, **settings}, again)
    with _told(progress, hearing, control) as (bus, stopped_by):
        more = {"resume": again, "data": None if data is None else str(data)}
        return carry_out(config, catalog, bus, control=stopped_by, **more)


def carry_out(
    config: RunConfig,
    catalog: Catalog | None = None,
    bus: Bus | None = None,
    *,
    control: Control | None = None,
    resume: str | None = None,
    data: str | None = None,
) -> Run:
    """Carry out a run that is configured, and return it finished.

    Raises:
        MonasError: As the command line would report it.
    """
    catalog = catalog or Catalog.installed()
    path = starting.carry_out(config, catalog, bus or Bus(), control or Control(), resume, data)
    return Run.open(path, catalog)


def open_run(path: Path | str, **parts: Any) -> Run:
    """A finished run; objects of your own are not in its folder and may be given again.

    Args:
        path: The run folder.
        parts: As for ``search``: ``space=``, ``task=``, ``objectives=``, ``optimizer=``, ..., and
            ``data=`` where its data were moved.

    Raises:
        UsageError: The folder holds none, or an object is not the one it was started with.
    """
    return Run.open(path, None, **{name: _listed_part(part) for name, part in parts.items()})


def wish_slider(run: Run, device: str | None = None) -> WishSlider:
    """A slider per objective, for a notebook: ``slider.member`` is what the wish singles out.

    Args:
        run: Finished.
        device: Whose front answers every move, the first of the run if none is given; a click
            asks the optimizer for that wish, as ``run.pick``.

    Raises:
        MissingPackage: anywidget is not installed.
        UsageError: The run has no such device, or nothing is on its front.
    """
    require_packages("A wish slider", {"anywidget": "monas[notebook]"})
    from monas_core.answers.slider import WishSlider

    front = run.front(device or run.devices[0])
    if not front.members:
        raise UsageError(f'Nothing is on the front of device "{front.device}", so no wish has one.')
    stored = from_front(run.session, run.catalog, front)
    return WishSlider(front, stored, partial(run.pick, front.device))


def _folders(**places: str | Path | Run | None) -> dict[str, str | None]:
    """Folders as a configuration has them."""
    paths = {name: p.path if isinstance(p, Run) else p for name, p in places.items()}
    return {name: None if path is None else str(path) for name, path in paths.items()}


def _hearers(observers: Any) -> tuple[list[str] | None, list[Observer]]:
    """The installed ones among those that hear of a run, ``None`` where none is named, and
    functions. Raises UsageError for anything else."""
    found = _listed(observers) or []
    for hears in found:
        if not isinstance(hears, str) and not callable(hears):
            raise UsageError(
                "observers are functions that take an event, or names of installed ones, "
                f"got {hears!r:.60}."
            )
    named = [hears for hears in found if isinstance(hears, str)]
    return named or None, [hears for hears in found if not isinstance(hears, str)]


def _listed(parts: Any) -> Any:
    """Several parts as a list; one alone is a list of one, a text as on the command line."""
    if parts is None:
        return None
    if isinstance(parts, str):
        return [name.strip() for name in parts.split(",")]
    return list(parts) if isinstance(parts, Sequence) else [parts]


def _listed_part(part: Any) -> Any:
    return list(part) if isinstance(part, tuple) else part


def _resumed(resume: bool | str | Path | None) -> str | None:
    if resume is None or resume is False:
        return None
    return starting.AUTO if resume is True else str(resume)


def _config(given: Mapping[str, Any], resume: str | None) -> RunConfig:
    """What is run: of a run that is named its own settings, and what is said beside them."""
    if resume in (None, starting.AUTO):
        return load_config(None, given)
    folder = RunFolder.open(Path(resume))
    where = given["out_dir"]
    if where is not None and Path(where).resolve() != folder.path.resolve():
        raise UsageError(f"resume={resume!r} goes on in that folder; leave out out_dir={where!r}.")
    return load_config(None, {**given, "out_dir": None}, base=to_document(folder.config))


@contextmanager
def _told(
    progress: bool | Callable[[Progress], Any],
    observers: Sequence[Observer],
    control: Control | None,
) -> Iterator[tuple[Bus, Control]]:
    """Who hears of a run, and what stops it: in a notebook also the button that interrupts."""
    screen, control = _screen(progress), control or Control()
    bus = Bus()
    for hears in (screen, *observers):
        if hears is not None:
            bus.attach(hears)
    with graceful(control, screen) if in_notebook() else nullcontext():
        yield bus, control


def _screen(progress: bool | Callable[[Progress], Any]) -> Callable[[Event], Any] | None:
    """Who shows how far the run is: bars in a notebook, else lines."""
    if callable(progress):
        return Following(progress)
    if not progress:
        return None
    return NotebookProgress() if in_notebook() else PlainLines(sys.stdout)
