"""Whether the parts of a run fit each other; each check refuses in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.catalog.lookup import Catalog, needs_of
from monas_core.catalog.specs import PRETRAINED, Entry
from monas_core.errors import UsageError
from monas_core.parts.device import Device, require_metric
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.supernet import tags_of
from monas_core.parts.task import Task
from monas_core.problem.optimizer import Optimizer
from monas_core.record.config import SINGLE, RunConfig
from monas_core.record.retrain import RetrainConfig
from monas_core.running.plan import Plan
from monas_core.values.budget import Budget
from monas_core.values.constraint import Constraint, holding

SUPERNET = "supernet"
"""What a space can build, and what the parts of a run may need: a trainer hands it on."""
TEACHER = "teacher"
"""What parts of a run may need and a person gives."""
HEADLESS = "headless"
"""Provided by a trainer after which a supernet has features, and outputs that mean nothing."""


def match_capabilities(
    entries: Mapping[str, Sequence[Entry]],
    options: Mapping[str, Mapping[str, Any]],
    catalog: Catalog,
    *,
    teacher: bool = False,
) -> None:
    """Every need of every part must be provided by another part of the run.

    A supernet that a space can build is there for the others only if it is trained.

    Args:
        entries: Of the parts, by kind.
        options: Of the parts, by kind.
        catalog: Of everything installed; messages name who would meet a need.
        teacher: Whether the run has one.

    Raises:
        UsageError: A need that nothing meets.
    """
    parts = [entry for found in entries.values() for entry in found]
    trainer = entries["trainer"][0]
    for entry in parts:
        others = (other for other in parts if other is not entry)
        provided = {capability for other in others for capability in other.spec.provides}
        lacking = not {SUPERNET} & trainer.spec.provides
        lacking = lacking and PRETRAINED not in entries["space"][0].spec.provides
        if entry is not trainer and lacking:
            provided -= {SUPERNET, "relaxed", "gated", "blocks"}  # mixtures too are a supernet's
        provided |= {TEACHER} if teacher else set()
        missing = sorted(_needs(entry, options) - provided)
        if missing:
            raise UsageError(_unmet(entry, missing[0], entries["space"][0], trainer, catalog))


def _needs(entry: Entry, options: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    return needs_of(entry, options.get(entry.kind) if entry.kind in SINGLE else None)


def unread_teacher(
    entries: Mapping[str, Sequence[Entry]],
    options: Mapping[str, Mapping[str, Any]],
    catalog: Catalog,
) -> str:
    """Why a teacher would be of no use to a run of these parts; empty where one reads it."""
    parts = [entry for found in entries.values() for entry in found]
    if any(TEACHER in _needs(entry, options) for entry in parts):
        return ""
    readers = [entry for entry in catalog.entries() if TEACHER in entry.spec.needs]
    told = ", ".join(f'{entry.kind} "{entry.name}"' for entry in readers)
    return (
        "--teacher is of no use: no part of this run looks at it; leave it out, or take a part "
        f"that does: {told or 'none is installed'}."
    )


def _providers(catalog: Catalog, kind: str, need: str) -> str:
    """Names of what is installed of a kind and provides what is needed, with commas between."""
    return ", ".join(entry.name for entry in catalog.entries(kind) if need in entry.spec.provides)


def _unmet(entry: Entry, need: str, space: Entry, trainer: Entry, catalog: Catalog) -> str:
    who = f'{entry.kind.capitalize()} "{entry.name}" ({entry.origin}) needs "{need}"'
    if need in space.spec.provides:
        return (
            f'{who}, which trainer "{trainer.name}" leaves out; leave out the {entry.kind}, or '
            f"choose another --trainer: {_providers(catalog, 'trainer', SUPERNET)}."
        )
    if need == TEACHER:
        return f"{who}: add --teacher largest, self, RUN#KEY or FILE."
    if entry.kind == "guide":
        return (
            f"{who}, which the optimizer of this run does not provide; leave out --guides, or "
            f"choose another --optimizer: {_providers(catalog, 'optimizer', need) or 'none does'}."
        )
    kinds = [kind for kind in SINGLE if _providers(catalog, kind, need)]
    ways = [f"--{kind} {_providers(catalog, kind, need)}" for kind in kinds]
    remedy = (
        f" or choose one that does: {'; '.join(ways)}." if ways else "; nothing installed does."
    )
    return (
        f'{who}, which neither space "{space.name}" nor another part of this '
        f"run provides; leave it out{remedy}"
    )


def match_heads(objectives: Sequence[Objective], trainer: Entry) -> None:
    """Refuse scores of networks whose last layers nobody trains. Raises UsageError."""
    scores = [objective for objective in objectives if objective.score is not None]
    if scores and HEADLESS in trainer.spec.provides:
        raise UsageError(
            f'Objective "{scores[0].name}" judges networks by their outputs, and trainer '
            f'"{trainer.name}" ({trainer.origin}) trains only what comes before them; take an '
            "objective that reads features in its place (monas plugins --kind objective), and "
            "--retrain for the real score of the front."
        )


def match_rates(plan: Plan) -> None:
    """Refuse factors on learning rates of parts the supernet has not. Raises UsageError."""
    if plan.warm_up.rates:
        known = tags_of(plan.build_supernet())
        for tag in plan.warm_up.rates:
            if tag not in known:
                raise UsageError(
                    f'warm_up.rates.{tag}: the supernet of space "{plan.space.name}" has no part '
                    f"of that name; it has: {', '.join(known)}."
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


def match_answers(
    optimizer: Optimizer, name: str, limits: Sequence[Constraint], devices: Sequence[Device]
) -> None:
    """Refuse an optimizer that answers limits where a device has none. Raises UsageError."""
    for device in devices:
        if optimizer.answers_with == "per limit" and not holding(limits, device.name):
            raise UsageError(
                f'Optimizer "{name}" finds one architecture per limit, and none holds on '
                f'"{device.name}"; add --max, --min or --target, or choose another --optimizer.'
            )


def match_lengths(config: RunConfig, objectives: Sequence[Objective]) -> None:
    """Refuse a search or a retraining whose length no objective gives a sense to.

    Raises UsageError.
    """
    match_budget(config.budget, objectives)
    match_retraining(config.retrain, objectives)


def match_retraining(retrain: RetrainConfig, objectives: Sequence[Objective]) -> None:
    """Refuse a retraining that no objective of the run would notice. Raises UsageError."""
    reached = any(objective.score is not None or objective.stands_in for objective in objectives)
    if retrain.budget is not None and not reached:
        names = ", ".join(objective.short for objective in objectives)
        raise UsageError(
            f"Retraining raises scores of the task, but none of the objectives ({names}) is one; "
            "add an objective of quality (monas plugins --kind objective), or leave out --retrain."
        )


def match_budget(budget: Budget, objectives: Sequence[Objective]) -> None:
    """Refuse a budget that nothing in the run spends. Raises UsageError."""
    if budget.unit == "evaluations" and not any(objective.query for objective in objectives):
        names = ", ".join(objective.short for objective in objectives)
        raise UsageError(
            f"Budget {budget} counts evaluations of quality, but none of the objectives "
            f"({names}) needs one; give seconds (60s) or steps (60steps)."
        )
