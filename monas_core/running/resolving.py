"""From a configuration to a plan: names looked up, capabilities matched, parts built.

Whatever would make the run fail later is refused here, in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from monas_core.catalog import overdue
from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import OWN_LOSS, PRETRAINED, Entry
from monas_core.errors import MonasError, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.loss import Loss, TrainedTask
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.task import Task
from monas_core.record.config import RunConfig
from monas_core.running.devices import made, named_devices, try_out
from monas_core.running.hearing import observers
from monas_core.running.lending import borrowed
from monas_core.running.limits import limits_of
from monas_core.running.matching import (
    SUPERNET,
    distinct_names,
    match_answers,
    match_capabilities,
    match_heads,
    match_lengths,
    match_metrics,
    match_modality,
    match_rates,
    unread_teacher,
)
from monas_core.running.memory import check_memory
from monas_core.running.naming import (
    Asked,
    check_kinds,
    made_guides,
    made_objectives,
    objectives_of,
    reads_device,
)
from monas_core.running.places import TRAINING, found_device, match_training, recipe_of
from monas_core.running.plan import Plan
from monas_core.running.remembered import RememberedTask
from monas_core.running.strangers import without_broken
from monas_core.running.teachers import TeacherOfRun, teacher_of
from monas_core.values.bounds import positive, within


def resolve(
    config: RunConfig,
    catalog: Catalog,
    *,
    training: bool = True,
    task: tuple[Task, Entry] | None = None,
) -> Plan:
    """Check a configuration completely and build its parts.

    Without ``training`` (a finished run is only asked) memory for training is not checked
    and any torch device will do. A ``task`` that is there already is not made again.

    Raises:
        UsageError: Whatever would make the run fail later, in one sentence.
        PluginError: A plugin the run names is broken.
    """
    overdue.patience()
    entries = _look_up(config, catalog, task[1] if task else None)
    heard = observers(config, catalog) if training else ()
    config = attrs.evolve(config, task=_task_text(config, entries["task"][0]))
    space = _made_space(config, catalog, entries["space"][0])
    config = _as_the_space_says(config, space, entries)
    making = cache(lambda: task[0] if task else _made_task(config, catalog))
    asked = objectives_of(config, catalog, making)
    searched, withheld = named_devices(config, catalog, reads_device(asked))
    guides = [Asked(catalog.find("guide", name)) for name in config.guides or ()]
    entries |= {"objective": [p.entry for p in asked], "guide": [p.entry for p in guides]}
    entries["device"] = [n.entry for n in (*searched, *withheld) if n.entry is not None]
    match_capabilities(entries, config.options, catalog, teacher=config.teacher.source is not None)
    names = {kind: tuple(e.name for e in found) for kind, found in entries.items()}
    explicit = _explicit(config, [part.name for part in asked], names)
    torch_device = found_device(config.torch_device if training else "auto")
    match_modality(space, task_made := making(), entries["task"][0])
    task_made, loss = _under_loss(task_made, entries["loss"][0], config)
    objectives = made_objectives(asked, config, task_made)
    context = Context(space, task_made, torch_device=torch_device)
    searched, withheld, notes = without_broken(config, searched, withheld, objectives, context)
    every, own = made((*searched, *withheld), context, config.options.get("device", {}))
    devices, held_out = every[: len(searched)], every[len(searched) :]
    _match_objectives(objectives, every, config, entries["trainer"][0])
    trained, pretrained = _trained(entries)
    warm_up = _warm_up(config, context, untrained=pretrained and not trained)
    plan = Plan(
        _with_devices(attrs.evolve(explicit, preset=space.preset), devices, held_out, own),
        space,
        task_made,
        objectives,
        devices,
        held_out,
        catalog.create("embedding", names["embedding"][0], config.options.get("embedding")),
        catalog.create("trainer", names["trainer"][0], config.options.get("trainer")),
        catalog.create("optimizer", names["optimizer"][0], config.options.get("optimizer")),
        warm_up,
        torch_device,
        limits_of(config, catalog, objectives, [device.name for device in every]),
        (*space.notes, *notes),
        trained or pretrained,
        loss,
        _teacher(config, entries, catalog, context),
        made_guides(guides, config, objectives),
        pretrained=pretrained,
        shares_training=TRAINING in entries["trainer"][0].spec.provides,
        observers=heard,
    )
    match_answers(plan.optimizer, names["optimizer"][0], plan.limits, every)
    return _for_training(plan, context, entries["trainer"][0]) if training else plan


def _teacher(
    config: RunConfig, entries: Mapping[str, list[Entry]], catalog: Catalog, context: Context
) -> TeacherOfRun | None:
    """The run's teacher, if it asks for one; it knows why nothing would look at it."""
    unread = unread_teacher(entries, config.options, catalog)
    task = context.require_task()
    return teacher_of(config.teacher, context.space, task, context.torch_device, unread)


def _match_objectives(
    objectives: Sequence[Objective], devices: Sequence[Device], config: RunConfig, trainer: Entry
) -> None:
    """Whether objectives get what they read. Raises UsageError."""
    distinct_names(objectives)
    match_metrics(objectives, devices)
    match_heads(objectives, trainer)
    match_lengths(config, objectives)


def _for_training(plan: Plan, context: Context, trainer: Entry) -> Plan:
    """The plan with what it borrows, where it can be trained here as a person said.

    Raises:
        UsageError: It cannot.
    """
    match_training(plan.config, trainer, context)
    if plan.inherits:
        _check_memory(context, plan.warm_up)
        try_out(plan.all_devices, plan.objectives, context)
        match_rates(plan)
    return attrs.evolve(plan, predictor=borrowed(plan))


def _with_devices(
    config: RunConfig,
    devices: Sequence[Device],
    held_out: Sequence[Device],
    own: dict[str, dict[str, Any]],
) -> RunConfig:
    """The configuration with the names of the devices there are, and what they keep."""
    names, withheld = (tuple(d.name for d in group) for group in (devices, held_out))
    return attrs.evolve(config, devices=names, held_out=withheld, own_devices=own)


def _explicit(
    config: RunConfig, objectives: Sequence[str], names: Mapping[str, tuple[str, ...]]
) -> RunConfig:
    """The configuration with the names of its parts, by kind, where it left them open."""
    return attrs.evolve(
        config,
        objectives=tuple(objectives),
        loss=names["loss"][0],
        trainer=names["trainer"][0],
        optimizer=names["optimizer"][0],
        embedding=names["embedding"][0],
        predictor=str(Path(config.predictor).resolve()) if config.predictor else None,
    )


def _trained(entries: Mapping[str, list[Entry]]) -> tuple[bool, bool]:
    """Whether the supernet is trained in the run, and whether it was before."""
    trained = SUPERNET in entries["trainer"][0].spec.provides
    return trained, PRETRAINED in entries["space"][0].spec.provides


def _made_space(config: RunConfig, catalog: Catalog, entry: Entry) -> SearchSpace:
    preset = config.preset or entry.load().presets[0]
    return catalog.create("space", config.space, config.options.get("space"), preset=preset)


def _as_the_space_says(
    config: RunConfig, space: SearchSpace, entries: Mapping[str, list[Entry]]
) -> RunConfig:
    """The configuration with the space where it is, and what the task needs to fit it."""
    if space.argument is not None:
        config = attrs.evolve(config, space=entries["space"][0].asked(space.argument))
    if not space.task_options:
        return config
    kind = entries["task"][0].load_options()
    known = {field.name for field in attrs.fields(kind)} if kind is not None else set()
    said = {name: value for name, value in space.task_options.items() if name in known}
    if not said:
        return config
    task = {**said, **config.options.get("task", {})}
    return attrs.evolve(config, options={**config.options, "task": task})


def _check_memory(context: Context, warm_up: WarmUp) -> None:
    """As ``check_memory``; the first to see whether networks take a person's own samples."""
    task = context.require_task()
    try:
        check_memory(context, warm_up)
    except MonasError:
        raise
    except Exception as error:
        if not task.rehearsed:
            raise
        reason = " ".join(str(error).split())[:200]
        raise UsageError(
            f'Networks of space "{context.space.name}" cannot take the inputs of task '
            f'"{task.name}": {type(error).__name__}: {reason}; change their form, or choose '
            "another space."
        ) from error


def _task_text(config: RunConfig, entry: Entry) -> str:
    """``NAME`` or ``NAME:ARGUMENT`` of the task, by its own name, also where none was named."""
    _, colon, argument = (config.task or "").partition(":")
    return f"{entry.name}{colon if argument else ''}{argument}"


def _made_task(config: RunConfig, catalog: Catalog) -> Task:
    name, _, argument = (config.task or "").partition(":")
    return catalog.create("task", name, config.options.get("task"), argument=argument or None)


def _under_loss(task: Task, entry: Entry, config: RunConfig) -> tuple[Task, Loss | None]:
    """The task as it is trained, and what training makes small; ``None`` for its own loss."""
    options = checked_options(entry, config.options.get("loss", {}))
    if OWN_LOSS in entry.spec.provides:
        return task, None
    loss = entry.create(task=task, **options)
    return (task if isinstance(task, RememberedTask) else TrainedTask(task, loss)), loss


def _look_up(config: RunConfig, catalog: Catalog, given: Entry | None) -> dict[str, list[Entry]]:
    check_kinds(config)
    space, _ = catalog.ask("space", config.space)
    usual = "default-trainer" if SUPERNET in space.spec.provides else "default-trainer:no-supernet"
    usual = f"default-trainer:{PRETRAINED}" if PRETRAINED in space.spec.provides else usual
    found = {
        "space": [space],
        "trainer": [
            _one(catalog, "trainer", config.trainer, f"default-trainer:{space.name}", usual)
        ],
        "loss": [_one(catalog, "loss", config.loss)],
        "optimizer": [_one(catalog, "optimizer", config.optimizer)],
        "embedding": [_one(catalog, "embedding", config.embedding)],
    }
    task = (config.task or "").partition(":")[0] or None
    defaults = (f"default-task:{space.name}", "default-task")
    found["task"] = [given or _one(catalog, "task", task, *defaults)]
    return found


def _one(catalog: Catalog, kind: str, name: str | None, *defaults: str) -> Entry:
    if name is not None:
        return catalog.find(kind, name)
    for default in defaults or (f"default-{kind}",):
        for entry in catalog.entries(kind):
            if default in entry.spec.provides:
                return entry
    raise UsageError(f"No {kind} was named and none is the default; name one with --{kind}.")


def _warm_up(config: RunConfig, context: Context, *, untrained: bool) -> WarmUp:
    recommended = context.space.warm_up
    given = {k: v for k, v in attrs.asdict(config.warm_up).items() if v is not None}
    rates = {f"rates.{tag}": n for tag, n in given.pop("rates", {}).items()}
    may_be_zero = {name: given[name] for name in ("steps", "random_subnets") if name in given}
    within("warm_up", 0, **may_be_zero, **rates)
    positive("warm_up", **{name: n for name, n in given.items() if name not in may_be_zero})
    if untrained:
        given["steps"] = 0
    if config.warm_up.rates:
        given["rates"] = {**recommended.rates, **config.warm_up.rates}
    given["recipe"] = recipe_of(recommended.recipe, config, context.torch_device)
    return attrs.evolve(recommended, **given)
