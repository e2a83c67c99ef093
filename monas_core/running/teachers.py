"""The teacher of a run: found before anything is written, kept in the run's folder.

``RUN/teacher/`` holds ``teacher.json`` and the weights, so that a run goes on and answers where
what it was given is no longer there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_model
from torch import nn

from monas_core.errors import MonasError, UsageError
from monas_core.files import atomic_folder, inside, parse_json, strict_json, write_text
from monas_core.parts.space import SearchSpace, taps_of
from monas_core.parts.task import Task
from monas_core.parts.teacher import Teacher
from monas_core.record.teaching import TeacherConfig
from monas_core.running import teacher_sources as sources
from monas_core.running.teacher_sources import TRAINED, Found
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.train.self_supervised import WithoutTargets

_FOLDER, _FACTS, _WEIGHTS, _PROGRAM = (
    "teacher",
    "teacher.json",
    "weights.safetensors",
    "program.pt2",
)


class TeacherOfRun:
    """Finds the teacher a configuration names, keeps it and brings it back.

    Args:
        config: With a source.
        space, task: Of the run.
        place: Where it computes.
        unread: Why nothing of the run looks at it; empty where something does.
    """

    def __init__(
        self,
        config: TeacherConfig,
        space: SearchSpace,
        task: Task,
        place: torch.device,
        unread: str = "",
    ) -> None:
        self.config, self._space, self._task, self._place = config, space, task, place
        self._unread = unread
        self._found: Found | None = None

    @property
    def source(self) -> str:
        """As a person named it."""
        return str(self.config.source)

    @property
    def trained(self) -> bool:
        """Whether the run trains it."""
        return self.source in TRAINED

    def check(self, run: Path | None = None) -> None:
        """Find it, unless the run has kept it, and try it on a few samples.

        One that the run trains is tried with fresh weights.

        Raises:
            UsageError: There is none, it takes other inputs, has no such modules, or nothing of
                a new run would look at it.
        """
        if run is not None and _kept(run):
            return
        if run is None and self._unread:
            raise UsageError(self._unread)
        if self.trained:
            task = self.task
            largest = self._space.ends().largest
            with seeded_construction(0):
                self._try(self._teacher(Found(self._space.build(largest, task), largest)))
            return
        self._found = sources.find(self.source, self._space, self._task)
        self._try(self._teacher(self._found))

    @property
    def task(self) -> Task:
        """What it learns, where the run trains it. Raises UsageError where it cannot."""
        return WithoutTargets(self._task) if self.source == "self" else self._task

    def keep(self, run: Path, trained: nn.Module | None = None) -> None:
        """Write it into the folder of a run.

        Args:
            run: The folder.
            trained: The largest network, where the run has trained it.
        """
        if _kept(run):
            return
        if trained is not None:
            found = Found(trained, self._space.ends().largest)
        else:
            found = self._found or sources.find(self.source, self._space, self._task)
        told = {
            "source": self.source,
            "architecture": found.architecture.to_json() if found.architecture else None,
            "library": found.library,
            "program": found.program is not None,
        }
        with atomic_folder(inside(run, _FOLDER, "network")) as draft:
            if found.program is not None:
                shutil.copyfile(found.program, draft / _PROGRAM)
            else:
                save_model(found.network, str(draft / _WEIGHTS))
            write_text(draft / _FACTS, strict_json(told, indent=1) + "\n")

    def teacher(self, run: Path | None) -> Teacher:
        """What a run has kept, or what was found.

        Raises:
            UsageError: It is missing or damaged.
        """
        if run is not None and _kept(run):
            return self._teacher(self._read(inside(run, _FOLDER, "network")))
        if self._found is None:
            raise UsageError(
                f"The run has lost its teacher ({self.source}); restore its folder teacher/ from a "
                "copy, or start a new run."
            )
        return self._teacher(self._found)

    def _read(self, folder: Path) -> Found:
        try:
            told = parse_json((folder / _FACTS).read_text(encoding="utf-8"))
            if told["program"]:
                return sources.of_file(folder / _PROGRAM, self._space, self._task)
            if told["library"]:
                weights = load_file(folder / _WEIGHTS)
                return sources.of_library(told["library"], weights, self._task)
            architecture = self._space.choices.from_json(told["architecture"])
            where, weights = str(folder), load_file(folder / _WEIGHTS)
        except MonasError:
            raise
        except Exception as error:
            raise UsageError(
                f"The teacher in {folder} is missing or damaged ({type(error).__name__}: {error}); "
                "restore it from a copy, or start a new run."
            ) from error
        network = sources.of_weights(weights, architecture, self._space, self._task, where)
        return Found(network, architecture)

    def _teacher(self, found: Found) -> Teacher:
        wanted = len(taps_of(self._space, self._space.ends().largest))
        taps = self.config.taps
        if taps is None and found.architecture is not None:
            taps = taps_of(self._space, found.architecture)
        if taps is None:
            raise UsageError(
                f'Teacher "{self.source}" is no network of space "{self._space.name}", so what of '
                f"it is compared must be said; name {wanted} of its modules: "
                "teacher.taps=FIRST,SECOND,..."
            )
        if wanted and len(taps) != wanted:
            raise UsageError(
                f"teacher.taps names {len(taps)} modules, and networks of space "
                f'"{self._space.name}" are compared at {wanted}; name {wanted}.'
            )
        return Teacher(found.network.to(self._place), taps, self.source)

    def _try(self, teacher: Teacher) -> None:
        for size in (2, 3):
            generator = derived_generator(0, "teacher")
            batch = self._task.batch("train", size, generator).to(self._place)
            try:
                teacher.features(batch.inputs)
            except MonasError:
                raise
            except Exception as error:
                reason = " ".join(str(error).split())[:160]
                raise UsageError(
                    f'Teacher "{self.source}" cannot take {size} samples of task '
                    f'"{self._task.name}": {type(error).__name__}: {reason}; give one that does.'
                ) from error


def teacher_of(
    config: TeacherConfig, space: SearchSpace, task: Task, place: torch.device, unread: str
) -> TeacherOfRun | None:
    """The teacher that a configuration asks for, if it asks for one; arguments as of its class.

    Raises:
        UsageError: Steps or taps are given where they have no meaning.
    """
    if config.source is None:
        for name in ("steps", "taps"):
            if getattr(config, name) is not None:
                raise UsageError(f"teacher.{name} is of no use without a teacher; add --teacher.")
        return None
    if config.steps is not None and config.source not in TRAINED:
        raise UsageError(
            f'teacher.steps is of no use: teacher "{config.source}" is not trained by the run; '
            f"leave it out, or give one of {', '.join(TRAINED)}."
        )
    return TeacherOfRun(config, space, task, place, unread)


def _kept(run: Path) -> bool:
    return inside(run, _FOLDER, "network", _FACTS).is_file()
