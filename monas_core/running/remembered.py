"""The task of a run without its data: enough to build its networks, pick and export them.

At the end of a run everything its networks ever ask of the task, an example and a few batches
(for norms, for the check of an export), is written beside the weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Never

import attrs
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from monas_core import seals, state
from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry, Spec
from monas_core.errors import UsageError
from monas_core.parts.task import Batch, Model, Part, Score, Task
from monas_core.record import data_store, given_store
from monas_core.record.config import RunConfig
from monas_core.record.data_store import StoredData
from monas_core.running.plan import Plan
from monas_core.running.session import Session
from monas_core.seeding import derived_generator, seeded_construction
from monas_core.values.data import DataRecord, changes

FOLDER = "task"


def begin(run: Path, plan: Plan) -> None:
    """Write down what a run learns from, before it does."""
    record = plan.task.record()
    data_store.write(run, plan.config.task or "", record)
    data_store.keep_learned(run, record)


def keep(run: Path, session: Session) -> None:
    """Write down what the networks of a run need of its task."""
    plan = session.plan
    supernet = session.context.supernet
    if supernet is None:
        return
    recorder = _Recorder(plan.task)
    with seeded_construction(0):
        copy = plan.space.supernet(recorder)
    copy.load_state_dict(supernet.state_dict())
    copy.eval().extract(plan.space.ends().smallest)
    recorder.batch("test", 3, derived_generator(plan.config.seed, "export"))
    state.save(
        run / FOLDER,
        {
            "name": plan.task.name,
            "modality": plan.task.modality,
            "n_outputs": plan.task.n_outputs,
            "score": attrs.asdict(plan.task.score),
            "scores": [attrs.asdict(score) for score in plan.task.scores],
            "example": plan.task.example(1),
            "batches": recorder.seen,
            "read": recorder.read,
        },
        seals.identity(run),
    )


def _key(part: Part, size: int, generator: torch.Generator) -> str:
    drawn_from = hashlib.sha256(generator.get_state().numpy().tobytes()).hexdigest()
    return f"{part} {size} {drawn_from}"


def _plain(value: Any) -> Any:
    """A value of attrs as a mapping, tuples as lists; anything else as it is."""
    if attrs.has(type(value)):
        value = attrs.asdict(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


class _Recorder(Task):
    """A task whose batches are noted, and what a space reads of it to build networks."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.name, self.score, self.n_outputs = task.name, task.score, task.n_outputs
        self.modality = task.modality  # pyright: ignore[reportAttributeAccessIssue]
        self.seen: dict[str, dict[str, Any]] = {}
        self.read: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Whatever else the space reads of the task, noted where a file can hold it."""
        if name in ("_task", "read"):  # while it is made there is none yet
            raise AttributeError(name)
        value = getattr(self._task, name)
        if not callable(value):
            self.read[name] = _plain(value)
        return value

    def describe(self) -> Mapping[str, Any]:
        """As the task."""
        return self._task.describe()

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """As the task, noted by what the generator was like."""
        key = _key(part, size, generator)
        found = self._task.batch(part, size, generator)
        self.seen[key] = {"inputs": found.inputs, "targets": found.targets}
        return found

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """As the task."""
        return self._task.loss(outputs, targets)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """As the task."""
        return self._task.evaluate(model, part)

    def example(self, batch: int) -> Any:
        """As the task."""
        return self._task.example(batch)


class RememberedTask(Task):
    """What a run folder knows of its task.

    Args:
        kept: What ``keep`` wrote.
        stored: What ``begin`` wrote.
        reason: Why the data are not used, a clause.
        run: The run folder.
    """

    def __init__(self, kept: Mapping[str, Any], stored: StoredData, reason: str, run: Path) -> None:
        self.name = str(kept["name"])
        self.modality = kept["modality"]  # pyright: ignore[reportAttributeAccessIssue]
        self.n_outputs = int(kept["n_outputs"])
        self.score = Score(**kept["score"])
        self.scores = tuple(Score(**score) for score in kept.get("scores", ()))
        for name, value in kept.get("read", {}).items():
            setattr(self, name, value)
        self.reason = reason
        self._kept, self._stored, self._run = kept, stored, run

    def describe(self) -> Mapping[str, Any]:
        """Why the data are not used."""
        return {"data": self.reason}

    def record(self) -> DataRecord:
        """As it was when the run began."""
        return self._stored.record

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """A batch that was kept. Raises UsageError for any other."""
        found = self._kept["batches"].get(_key(part, size, generator))
        if found is None:
            self._lacking()
        return Batch(found["inputs"], found["targets"])

    def loss(self, outputs: Any, targets: Any) -> Tensor:  # noqa: ARG002
        """Raises UsageError: a loss is for training."""
        self._lacking()

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:  # noqa: ARG002
        """Raises UsageError: nothing can be judged without data."""
        self._lacking()

    def example(self, batch: int) -> Any:
        """The example that was kept, repeated."""
        return tree_map(lambda x: torch.cat([x] * batch), self._kept["example"])

    @property
    def wanted(self) -> str:
        """How the data come back and how they would be recognised, a clause."""
        return self._stored.wanted(self._run)

    def _lacking(self) -> Never:
        raise UsageError(
            f"This needs the data of run {self._run}, {self._stored.said}, and {self.reason}; "
            f"{self.wanted}."
        )


def open_task(
    config: RunConfig, catalog: Catalog, run: Path, data: str | None = None
) -> tuple[Task, Entry] | None:
    """The task of a run: with its data where they are as they were, else as it is remembered.

    ``None`` for a run that remembers nothing: its task is to be made from its name.

    Args:
        config: Of the run.
        catalog: What is installed.
        run: Its folder.
        data: Where a person says that the data lie now.

    Raises:
        UsageError: The data are gone or changed, and the run keeps nothing to do without; or
            those that were named are others.
        PluginError: The task's plugin is broken.
    """
    stored = data_store.read(run)
    if stored is None or not config.task:
        if data is not None:
            raise UsageError(f"Run {run} remembers no data to compare with; leave out --data.")
        return None
    if data is not None:
        return _named(stored, config, catalog, run, data)
    name, _, _ = config.task.partition(":")
    reasons: list[str] = []
    try:
        entry = catalog.find("task", name)
    except UsageError as error:
        return _remembered(stored, _handed_over(run, name) or str(error).rstrip("."), run)
    for argument in stored.arguments(run):
        try:
            task: Task = catalog.create(
                "task", name, _options(config, run), argument=argument or None
            )
        except UsageError as error:
            reasons.append(f"they cannot be read: {str(error).rstrip('.')}")
            continue
        differing = changes(stored.record, task.record())
        if not differing:
            return task, entry
        reasons.append("they have changed since: " + "; ".join(differing))
    return _remembered(stored, reasons[0] if reasons else "they are not here", run)


def _options(config: RunConfig, run: Path) -> dict[str, Any]:
    """Of the task; what it learned from the data is what the run keeps of it."""
    return {**config.options.get("task", {}), **data_store.learned(run)}


def _handed_over(run: Path, name: str) -> str:
    """Why a task that no package provides is not there; empty where it was none of a program's."""
    own = [part for part in given_store.read(run) if (part["kind"], part["name"]) == ("task", name)]
    if not own:
        return ""
    return (
        f"the program that started it handed the {given_store.in_words(own)} over, which "
        f"monas.open_run({str(run)!r}, task=...) in Python takes again"
    )


def _named(
    stored: StoredData, config: RunConfig, catalog: Catalog, run: Path, data: str
) -> tuple[Task, Entry]:
    """The task with data that are named. Raises UsageError unless they are those of the run."""
    name = stored.task.partition(":")[0]
    argument = stored.argument_at(data)
    task: Task = catalog.create("task", name, _options(config, run), argument=argument)
    differing = changes(stored.record, task.record())
    if differing:
        raise UsageError(
            f"The data in {data} are not those that run {run} learned from: "
            f"{'; '.join(differing)}. Name those, or leave out --data to do without."
        )
    data_store.moved(run, stored, task.record())
    return task, catalog.find("task", name)


def _remembered(stored: StoredData, reason: str, run: Path) -> tuple[Task, Entry]:
    if not (run / FOLDER).exists():
        raise UsageError(
            f"Run {run} cannot go on without its data, {stored.said}, and {reason}; "
            f"{stored.wanted(run)}, or start a new run."
        )
    task = RememberedTask(state.load(run / FOLDER, seals.identity(run)), stored, reason, run)
    name = stored.task.partition(":")[0]
    spec = Spec(name=name, summary="Kept by the run.", factory="", provides={task.modality})
    return task, Entry("task", spec, "this run", "")
