"""Whether the parts of a run fit each other; each check refuses in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monas_core.catalog.lookup import needs_of
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.parts.device import Device, require_metric
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.values.budget import Budget

_WITH_NEEDS = ("space", "task", "embedding", "optimizer")
"""Kinds of which a run has one, so that its options are not by name."""


def match_capabilities(
    entries: Mapping[str, Iterable[Entry]], options: Mapping[str, dict[str, Any]]
) -> None:
    """Every need of every part must be provided by another part. Raises UsageError."""
    parts = [entry for found in entries.values() for entry in found]
    provided = {capability for entry in parts for capability in entry.spec.provides}
    for entry in parts:
        own = options.get(entry.kind) if entry.kind in _WITH_NEEDS else None
        missing = sorted(needs_of(entry, own) - provided)
        if missing:
            space = next(iter(entries["space"]))
            raise UsageError(
                f'{entry.kind.capitalize()} "{entry.name}" ({entry.origin}) needs '
                f'"{missing[0]}", which neither space "{space.name}" nor another part of this '
                f"run provides; leave it out or choose a space that does."
            )


def match_modality(space: SearchSpace, task: Task, entry: Entry) -> None:
    """Refuse a task of a kind the space builds no networks for. Raises UsageError."""
    if task.modality not in space.modalities:
        raise UsageError(
            f'Task "{entry.name}" is of kind {task.modality}, but space "{space.name}" builds '
            f"networks for {', '.join(sorted(space.modalities))}; choose another --task."
        )


def distinct_names(objectives: Sequence[Objective]) -> None:
    """Refuse objectives that share a name, long or short: values are kept by it.

    Raises UsageError.
    """
    names = [objective.name for objective in objectives]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f'Two objectives of this run call themselves "{name}"; leave out one.')
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
            if metric is not None:
                require_metric(device, metric, f'objective "{objective.name}"', UsageError)


def match_budget(budget: Budget, objectives: Sequence[Objective]) -> None:
    """Refuse a budget that nothing in the run spends. Raises UsageError."""
    if budget.unit == "evaluations" and not any(objective.query for objective in objectives):
        names = ", ".join(objective.short for objective in objectives)
        raise UsageError(
            f"Budget {budget} counts evaluations of quality, but none of the objectives "
            f"({names}) needs one; give seconds (60s) or steps (60steps)."
        )
