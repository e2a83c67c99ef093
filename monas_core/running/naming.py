"""Objectives and guides as a person named them, each with options of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import NAMES_SCORES, Entry
from monas_core.errors import UsageError, nearest
from monas_core.parts.objective import Objective
from monas_core.parts.task import Task
from monas_core.problem.guide import Guide
from monas_core.record.config import NAMED, SINGLE, RunConfig
from monas_core.values.spelling import meant, typed


@attrs.frozen
class Asked:
    """An entry as it was asked for, ``NAME`` or ``NAME:ARGUMENT``."""

    entry: Entry
    argument: str | None = None

    @property
    def name(self) -> str:
        """Its full name."""
        return self.entry.asked(self.argument)

    def create(self, options: Mapping[str, Any] | None = None, **arguments: Any) -> Any:
        """Call the factory. Raises as ``Catalog.create``."""
        where = f"options.{self.entry.kind}.{self.name}"
        if self.argument is not None:
            arguments["argument"] = self.argument
        return self.entry.create(**arguments, **checked_options(self.entry, options or {}, where))


def objectives_of(
    config: RunConfig, catalog: Catalog, task: Callable[[], Task] | None = None
) -> list[Asked]:
    """What a person named, or what declares itself a default: then quality first, costs after it.

    Args:
        config: Who names them.
        catalog: What is installed.
        task: Makes the task, whose scores have names, too; asked where no objective has a name.

    Raises:
        UsageError: An unknown name, one that several scores have, one named twice, or none at all.
    """
    if config.objectives is None:
        defaults = [
            e for e in catalog.entries("objective") if "default-objective" in e.spec.provides
        ]
        found = [Asked(e) for e in sorted(defaults, key=lambda entry: not entry.load().query)]
    else:
        found = [_asked(name, catalog, task) for name in config.objectives]
    if not found:
        raise UsageError("No objective was named; name at least one (monas plugins lists them).")
    for part in found:
        if found.count(part) > 1:
            raise UsageError(f'Objective "{part.name}" is named twice; name it once.')
    return found


def _asked(text: str, catalog: Catalog, task: Callable[[], Task] | None) -> Asked:
    try:
        return Asked(*catalog.ask("objective", text))
    except UsageError as error:
        known = {n for e in catalog.entries("objective") for n in (e.name, *e.spec.aliases)}
        if task is None or text.partition(":")[0] in known:
            raise
        return _by_score(text, catalog, task(), str(error))


def _no_score(text: str, task: Task, scores: Sequence[str], unknown: str) -> str:
    near = nearest(text, scores)
    if near:
        return f'No objective "{text}". Did you mean "{near}", a score of task "{task.name}"?'
    return f'{unknown}, or a score of task "{task.name}": {", ".join(scores)}'


def _by_score(text: str, catalog: Catalog, task: Task, unknown: str) -> Asked:
    """The objective that is the score of this name. Raises UsageError for none or several."""
    able = [e for e in catalog.entries("objective") if NAMES_SCORES in e.spec.provides]
    usual = [entry for entry in able if "default-objective" in entry.spec.provides]
    names = [score.name for score in (task.score, *task.scores)] if able else []
    found = meant(text, names)
    if not found:
        raise UsageError(_no_score(text, task, [*map(typed, names)], unknown) if names else unknown)
    if len(found) > 1:
        raise UsageError(
            f'"{text}" may be any of the scores {", ".join(found)} of task "{task.name}"; write '
            "one of them just so."
        )
    argument = None if found[0] == task.score.name else typed(found[0])
    return Asked((usual or able)[0], argument)


def reads_device(objectives: Iterable[Asked]) -> bool:
    """Whether any may have values that differ between devices, as far as its class tells."""
    kinds = [part.entry.load() for part in objectives]
    return any(getattr(kind, "device_metric", "unknown") is not None for kind in kinds)


def made_objectives(
    objectives: Iterable[Asked], config: RunConfig, task: Task
) -> tuple[Objective, ...]:
    """The objectives themselves, each with its options. Raises as ``Asked.create``."""
    asked = list(objectives)
    own = options_by_name(config, "objective", asked)
    return tuple(part.create(own.get(part.name), task=task) for part in asked)


def made_guides(
    asked: Iterable[Asked], config: RunConfig, objectives: Sequence[Objective]
) -> tuple[Guide, ...]:
    """The guides themselves, each with its options. Raises as ``Asked.create``.

    Also UsageError where one is named twice or does not suit the objectives.
    """
    asked = list(asked)
    own = options_by_name(config, "guide", asked)
    for part in asked:
        if asked.count(part) > 1:
            raise UsageError(f'Guide "{part.name}" is named twice; name it once.')
    made: tuple[Guide, ...] = tuple(part.create(own.get(part.name)) for part in asked)
    for guide in made:
        guide.check(objectives)
    return made


def options_by_name(
    config: RunConfig, kind: str, parts: Iterable[Asked]
) -> dict[str, Mapping[str, Any]]:
    """Options of the parts of a kind, by full name.

    Raises:
        UsageError: They are for something the run does not have, or are no group of options.
    """
    own = {part.name: part for part in parts}
    found: dict[str, Mapping[str, Any]] = {}
    for key, values in config.options.get(kind, {}).items():
        names = [name for name, part in own.items() if key in _spellings(part)]
        if not names:
            raise UsageError(
                f'options.{kind}.{key}: this run has no {kind} "{key}"; it has: '
                f"{', '.join(own) or 'none'}. Write options.{kind}.NAME.KEY=VALUE."
            )
        if not isinstance(values, Mapping):
            raise UsageError(
                f"options.{kind}.{key} must be a group of options, got {values!r:.40}; write "
                f"options.{kind}.{key}.KEY=VALUE."
            )
        if names[0] in found:
            raise UsageError(
                f'options.{kind}.{key}: "{names[0]}" has options under another of its names; '
                "put them together."
            )
        found[names[0]] = values
    return found


def _spellings(part: Asked) -> set[str]:
    tail = "" if part.argument is None else f":{part.argument}"
    return {f"{name}{tail}" for name in (part.entry.name, *part.entry.spec.aliases)}


def check_kinds(config: RunConfig) -> None:
    """Refuse options of a kind that takes none. Raises UsageError."""
    known = (*SINGLE, *NAMED)
    unknown = set(config.options) - set(known)
    if unknown:
        raise UsageError(f"options.{min(unknown)}: unknown key; allowed here: {', '.join(known)}.")
