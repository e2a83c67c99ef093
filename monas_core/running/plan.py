"""A run resolved: names looked up, capabilities matched, parts built, nothing trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import torch
from torch.utils._pytree import tree_map

from monas_core.catalog.lookup import Catalog
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Task
from monas_core.problem.optimizer import Optimizer
from monas_core.record.config import RunConfig
from monas_core.running.memory import check_memory
from monas_core.seeding import derived_generator, derived_seed, seeded_construction
from monas_core.values import population
from monas_core.values.budget import Budget
from monas_core.values.preference import Preference, lattice_of_size


@attrs.frozen(eq=False)
class Plan:
    """Everything a run consists of, ready to start.

    Attributes:
        config: As asked for, with every name made explicit.
        space, task, objectives, devices, held_out, embedding, optimizer: The parts.
        warm_up: Settings of the supernet's training.
        torch_device: Where this machine computes.
    """

    config: RunConfig
    space: SearchSpace
    task: Task
    objectives: tuple[Objective, ...]
    devices: tuple[Device, ...]
    held_out: tuple[Device, ...]
    embedding: HardwareEmbedding
    optimizer: Optimizer
    warm_up: WarmUp
    torch_device: torch.device

    @property
    def all_devices(self) -> tuple[Device, ...]:
        """Search devices, then held-out ones."""
        return (*self.devices, *self.held_out)

    @property
    def preferences(self) -> list[Preference]:
        """The lattice every device is proposed for at the end."""
        names = [objective.short for objective in self.objectives]
        return lattice_of_size(names, self.config.preferences)

    def build_supernet(self) -> Supernet:
        """A freshly initialised supernet on this machine's torch device."""
        with seeded_construction(derived_seed(self.config.seed, "supernet")):
            return self.space.supernet(self.task).to(self.torch_device)

    def try_batch(self) -> float:
        """Loss of the smallest subnet of an untrained supernet on one batch."""
        supernet = self.build_supernet()
        batch = self.task.batch("train", 2, derived_generator(self.config.seed, "dry run"))
        place = self.torch_device
        inputs, targets = tree_map(lambda x: x.to(place), (batch.inputs, batch.targets))
        smallest = population.decode(self.space.choices, population.corners(self.space.choices))[0]
        with torch.no_grad():
            return float(self.task.loss(supernet(inputs, smallest), targets).mean())

    def summary(self) -> Mapping[str, Any]:
        """Plain facts for ``--dry-run`` and the screen."""
        return {
            "space": self.space.name,
            "preset": self.space.preset,
            "architectures": self.space.choices.cardinality(),
            "choices": len(self.space.choices),
            "task": self.config.task,
            "objectives": [f"{o.short} [{o.unit}, {o.direction}]" for o in self.objectives],
            "devices": [device.name for device in self.devices],
            "held out": [device.name for device in self.held_out],
            "optimizer": self.config.optimizer,
            "warm-up steps": self.warm_up.steps,
            "budget": str(self.config.budget),
            "torch device": str(self.torch_device),
            "seed": self.config.seed,
        }


def resolve(config: RunConfig, catalog: Catalog, *, training: bool = True) -> Plan:
    """Check a configuration completely and build its parts.

    Without ``training`` (a finished run is only asked) memory for training is not checked
    and any torch device will do.

    Raises:
        UsageError: Whatever would make the run fail later, in one sentence.
        PluginError: A plugin the run names is broken.
    """
    entries = _look_up(config, catalog)
    _match_capabilities(entries)
    if config.objectives is None:  # quality first, costs after it
        entries["objective"].sort(key=lambda entry: not entry.load().query)
    names = {kind: tuple(e.name for e in found) for kind, found in entries.items()}
    task_argument = (config.task or "").partition(":")[2] or None
    explicit = attrs.evolve(
        config,
        objectives=names["objective"],
        devices=names["device"],
        held_out=names["held-out"],
        task=names["task"][0] + (f":{task_argument}" if task_argument else ""),
        optimizer=names["optimizer"][0],
        embedding=names["embedding"][0],
    )
    space_class = entries["space"][0].load()
    preset = config.preset or space_class.presets[0]
    space = catalog.create("space", config.space, config.options.get("space"), preset=preset)
    torch_device = _torch_device(config.torch_device if training else "auto")
    task = catalog.create(
        "task", names["task"][0], config.options.get("task"), argument=task_argument
    )
    _match_modality(space, task, entries["task"][0])
    objectives = tuple(catalog.create("objective", n, task=task) for n in names["objective"])
    devices = tuple(catalog.create("device", name) for name in names["device"])
    held_out = tuple(catalog.create("device", name) for name in names["held-out"])
    _distinct_shorts(objectives)
    match_metrics(objectives, (*devices, *held_out))
    _match_budget(config.budget, objectives)
    warm_up = _warm_up(space.warm_up, config)
    if training:
        check_memory(Context(space, task, torch_device=torch_device), warm_up)
    return Plan(
        attrs.evolve(explicit, preset=preset),
        space,
        task,
        objectives,
        devices,
        held_out,
        catalog.create("embedding", names["embedding"][0], config.options.get("embedding")),
        catalog.create("optimizer", names["optimizer"][0], config.options.get("optimizer")),
        warm_up,
        torch_device,
    )


def _look_up(config: RunConfig, catalog: Catalog) -> dict[str, list[Entry]]:
    unknown = set(config.options) - {"space", "task", "embedding", "optimizer"}
    if unknown:
        raise UsageError(
            f"options.{min(unknown)}: unknown key; allowed here: space, task, embedding, optimizer."
        )
    found = {
        "space": [catalog.find("space", config.space)],
        "objective": _named_or_default(
            catalog, "objective", config.objectives, "default-objective"
        ),
        "device": _named_or_default(catalog, "device", config.devices, "default-device"),
        "optimizer": [_one(catalog, "optimizer", config.optimizer)],
        "embedding": [_one(catalog, "embedding", config.embedding)],
    }
    space = found["space"][0]
    task = (config.task or "").partition(":")[0] or None
    found["task"] = [_one(catalog, "task", task, f"default-task:{space.name}", "default-task")]
    held_out = _named_or_default(
        catalog, "device", config.held_out, "default-held-out", may_be_empty=True
    )
    if config.held_out is None:
        held_out = [entry for entry in held_out if entry not in found["device"]]
    both = [entry.name for entry in held_out if entry in found["device"]]
    if both:
        raise UsageError(
            f'Device "{both[0]}" is both searched and held out; name it in one list only.'
        )
    found["held-out"] = held_out
    return found


def _named_or_default(
    catalog: Catalog,
    kind: str,
    names: Sequence[str] | None,
    default: str,
    *,
    may_be_empty: bool = False,
) -> list[Entry]:
    if names is None:
        found = [e for e in catalog.entries(kind) if default in e.spec.provides]
    else:
        found = [catalog.find(kind, name) for name in names]
    if not found and not may_be_empty:
        raise UsageError(f"No {kind} was named; name at least one (monas plugins lists them).")
    for entry in found:
        if found.count(entry) > 1:
            raise UsageError(f'{kind.capitalize()} "{entry.name}" is named twice; name it once.')
    return found


def _one(catalog: Catalog, kind: str, name: str | None, *defaults: str) -> Entry:
    if name is not None:
        return catalog.find(kind, name)
    for default in defaults or (f"default-{kind}",):
        for entry in catalog.entries(kind):
            if default in entry.spec.provides:
                return entry
    raise UsageError(f"No {kind} was named and none is the default; name one with --{kind}.")


def _match_capabilities(entries: Mapping[str, Iterable[Entry]]) -> None:
    """Every need of every part must be provided by another part of the run."""
    parts = [entry for found in entries.values() for entry in found]
    provided = {capability for entry in parts for capability in entry.spec.provides}
    for entry in parts:
        missing = sorted(entry.spec.needs - provided)
        if missing:
            space = next(iter(entries["space"]))
            raise UsageError(
                f'{entry.kind.capitalize()} "{entry.name}" ({entry.origin}) needs '
                f'"{missing[0]}", which neither space "{space.name}" nor another part of this '
                f"run provides; leave it out or choose a space that does."
            )


def _match_modality(space: SearchSpace, task: Task, entry: Entry) -> None:
    if task.modality not in space.modalities:
        raise UsageError(
            f'Task "{entry.name}" is of kind {task.modality}, but space "{space.name}" builds '
            f"networks for {', '.join(sorted(space.modalities))}; choose another --task."
        )


def _distinct_shorts(objectives: Sequence[Objective]) -> None:
    owner: dict[str, str] = {}
    for objective in objectives:
        if objective.short in owner:
            raise UsageError(
                f'Objectives "{owner[objective.short]}" and "{objective.name}" are both written '
                f'"{objective.short}"; leave out one of them.'
            )
        owner[objective.short] = objective.name


def match_metrics(objectives: Sequence[Objective], devices: Sequence[Device]) -> None:
    """Refuse devices that cannot give what an objective reads. Raises UsageError."""
    for objective in objectives:
        for device in devices:
            metric = objective.device_metric
            if metric is not None and metric not in device.metrics:
                raise UsageError(
                    f'Objective "{objective.name}" needs {metric}, which device "{device.name}" '
                    f"cannot give (it gives: {', '.join(sorted(device.metrics)) or 'nothing'}); "
                    "leave out one of them."
                )


def _match_budget(budget: Budget, objectives: Sequence[Objective]) -> None:
    if budget.unit == "evaluations" and not any(objective.query for objective in objectives):
        names = ", ".join(objective.short for objective in objectives)
        raise UsageError(
            f"Budget {budget} counts evaluations of quality, but none of the objectives "
            f"({names}) needs one; give seconds (60s) or steps (60steps)."
        )


def _torch_device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("torch device cuda was asked for, but torch finds none; use cpu or auto.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _warm_up(recommended: WarmUp, config: RunConfig) -> WarmUp:
    given = {k: v for k, v in attrs.asdict(config.warm_up).items() if v is not None}
    for name, value in given.items():
        if value < 0 or (value == 0 and name not in ("steps", "random_subnets")):
            raise UsageError(f"warm_up.{name} must be positive, got {value}.")
    return attrs.evolve(recommended, **given)
