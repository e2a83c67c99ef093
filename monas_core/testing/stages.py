"""Where a plugin is tried: the toy problem first, then the installed spaces at their smallest."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import attrs
import torch

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import TAKES_ARGUMENT, Entry
from monas_core.errors import MissingPackage, MonasError
from monas_core.parts.context import Context
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.space import SearchSpace, end_rows
from monas_core.parts.task import Task
from monas_core.seeding import seeded_construction
from monas_core.testing.fakes import ToyDevice, ToyEmbedding, ToySpace, ToyTask
from monas_core.values import population
from monas_core.values.architecture import Architecture

TOY_PROVIDES = frozenset({"supernet", "relaxed", "gated", "toy", "taps", "teacher", "blocks"})


@attrs.frozen(eq=False)
class Stage:
    """A space with task and, where it has one, supernet.

    Attributes:
        label: For messages.
        provides: Capabilities of space and task.
        context: As a run would hold it.
    """

    label: str
    provides: frozenset[str]
    context: Context

    def architectures(self, count: int, seed: int = 0) -> list[Architecture]:
        """The two ends of the space, then up to ``count - 2`` random ones, all different."""
        choices = self.context.space.choices
        generator = torch.Generator().manual_seed(seed)
        drawn = population.sample_distinct(choices, count, generator)
        rows = population.unique_rows(torch.cat([end_rows(self.context.space), drawn]))
        return population.decode(choices, rows[:count])


class Stages:
    """Stages by need, tasks by space, devices by metric; everything is built once."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._tasks: dict[str, Task | None] = {}
        self._lacking: dict[str, str] = {}
        self._stages: dict[str, Stage | None] = {}

    def stage(self, space: SearchSpace, label: str, provides: frozenset[str]) -> Stage | None:
        """A stage for a given space; ``None`` where no installed task fits it."""
        if label not in self._stages:
            found = self.task_for(space)
            if found is None:
                self._stages[label] = None
            else:
                task, brought = found
                context = Context(space, task)
                if "supernet" in provides:
                    with seeded_construction(0):
                        context.supernet = space.supernet(task)
                    context.supernet.eval()
                if isinstance(space, ToySpace):
                    context.teacher = functools.partial(space.teacher, task)
                self._stages[label] = Stage(label, provides | brought, context)
        return self._stages[label]

    def all(self) -> Iterator[Stage]:
        """The toy stage, then ``tiny()`` and the smallest preset of every installed space."""
        toy = self.stage(ToySpace(), "toy", TOY_PROVIDES)
        assert toy is not None
        yield toy
        for entry in self.catalog.entries("space"):
            for size in ("tiny()", "smallest"):
                found = self._installed(entry, size)
                if found is not None:
                    yield found

    def _installed(self, entry: Entry, size: str) -> Stage | None:
        label = f"{entry.name} {size}"
        if label in self._stages:
            return self._stages[label]
        try:
            space_class = entry.load()
            preset = space_class.presets[0]
            if size != "tiny()" and TAKES_ARGUMENT in entry.spec.provides:
                return None  # what it is made from is a person's own
            space = space_class.tiny() if size == "tiny()" else entry.create(preset=preset)
            return self.stage(space, label, entry.spec.provides)
        except Exception:  # noqa: BLE001 - its own contract reports a broken space
            return None

    def with_needs(self, needs: frozenset[str]) -> Stage | None:
        """The first stage that provides all these capabilities."""
        return next((stage for stage in self.all() if needs <= stage.provides), None)

    def task_for(self, space: SearchSpace) -> tuple[Task, frozenset[str]] | None:
        """An installed task the space can build for, or the toy task; with what it provides."""
        named, wanted = f"default-task:{space.name}", {f"default-task:{space.name}", "default-task"}
        entries = self.catalog.entries("task")
        said = wanted | space.modalities  # what a task says of itself spares making the others

        def fits(entry: Entry) -> tuple[bool, ...]:
            provides = entry.spec.provides
            return named not in provides, not wanted & provides, not said & provides

        for entry in sorted(entries, key=fits):
            task = self._task(entry)
            if task is not None and task.modality in space.modalities:
                return task, entry.spec.provides
        if ToyTask.modality in space.modalities:
            return ToyTask(), frozenset({"toy"})
        return None

    def lacking(self, space: SearchSpace) -> str:
        """Why tasks that the space says it builds for lack a package; empty where none does."""
        said = {e.name for e in self.catalog.entries("task") if space.modalities & e.spec.provides}
        return " ".join(reason for name, reason in self._lacking.items() if name in said)

    def space_for(self, task: Task) -> SearchSpace | None:
        """The smallest space that builds networks for a task."""
        return next(
            (s.context.space for s in self.all() if task.modality in s.context.space.modalities),
            None,
        )

    def _task(self, entry: Entry) -> Task | None:
        if entry.name not in self._tasks:
            try:
                self._tasks[entry.name] = entry.create(argument=None)
            except MonasError as error:  # needs an argument, or data that are not here
                self._tasks[entry.name] = None
                if isinstance(error, MissingPackage):
                    self._lacking[entry.name] = str(error)
        return self._tasks[entry.name]

    def devices(self, metric: str) -> list[Device]:
        """Toy devices that give this metric, then installed ones that need no measuring."""
        toys = [ToyDevice("toy-a"), ToyDevice("toy-b", power=0.8)]
        found: list[Device] = []
        for entry in self.catalog.entries("device"):
            if "takes-argument" in entry.spec.provides:
                continue
            try:
                found.append(entry.create())
            except MonasError:
                continue
        free = [device for device in found if device.profile.origin != "measured"]
        return [device for device in (*toys, *free) if metric in device.metrics]

    def embeddings(self) -> list[HardwareEmbedding]:
        """Installed hardware embeddings; the toy one where there is none."""
        found = [entry.create() for entry in self.catalog.entries("embedding")]
        return found or [ToyEmbedding()]
