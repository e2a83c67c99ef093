"""Parts of a run that a program hands over instead of naming them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monas_core.catalog.given import GivenEntry, entry_of, given_entries, with_entries
from monas_core.catalog.lookup import Catalog
from monas_core.errors import UsageError, did_you_mean
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.loss import Loss
from monas_core.parts.objective import Objective
from monas_core.parts.space import SearchSpace
from monas_core.parts.task import Task
from monas_core.parts.trainer import Trainer
from monas_core.problem.optimizer import Optimizer
from monas_core.running.fingerprint import class_of

INTERFACES: Mapping[str, type] = {
    "space": SearchSpace,
    "task": Task,
    "loss": Loss,
    "objective": Objective,
    "device": Device,
    "optimizer": Optimizer,
    "trainer": Trainer,
    "embedding": HardwareEmbedding,
}
"""By kind, what a part must be."""
_LEARNING = ("optimizer", "trainer", "device")
"""Kinds whose parts change while they work: every run gets a copy that is its own."""
_SEVERAL = {"objectives": "objective", "devices": "device", "held_out": "device"}
_PROVIDES = {"space": ("supernet",), "trainer": ("supernet",)}
"""What a part of a kind provides unless its attribute ``provides`` says otherwise."""
_NEEDS = {"trainer": ("supernet",)}


def handed_over(catalog: Catalog, parts: Mapping[str, Any]) -> tuple[Catalog, dict[str, Any]]:
    """A catalog that knows the parts, and what each is called.

    Args:
        catalog: What is installed.
        parts: As the parameters of ``monas.search``: a name, an instance, a class, several of
            them in a sequence, or ``None``.

    Returns:
        The catalog, and the names as they were given: one, several or ``None``.

    Raises:
        UsageError: Something that is no part of its kind, or has a name that is taken.
    """
    entries: list[GivenEntry] = []
    names: dict[str, Any] = {}
    for parameter, given in parts.items():
        kind = _kind(parameter)
        several = isinstance(given, Sequence) and not isinstance(given, str)
        named: list[str | None] = []
        for part in given if several else [given]:
            if part is None or isinstance(part, str | Path):
                named.append(part if part is None else str(part))
                continue
            entry = _entry(kind, part)
            if not any(entry.part is known.part for known in entries):
                entries.append(entry)
            named.append(entry.name)
        names[parameter] = named if several else named[0]
    return with_entries(catalog, entries), names


def _kind(parameter: str) -> str:
    """Kind of part that a parameter takes. Raises UsageError for no parameter of a part."""
    kind = _SEVERAL.get(parameter, parameter)
    if kind not in INTERFACES or parameter in _SEVERAL.values():
        known = [name for name in INTERFACES if name not in _SEVERAL.values()]
        raise UsageError(
            f'A run has no parts "{parameter}". {did_you_mean(parameter, [*known, *_SEVERAL])}'
        )
    return kind


def _entry(kind: str, part: Any) -> GivenEntry:
    wanted = INTERFACES[kind]
    fits = issubclass(part, wanted) if isinstance(part, type) else isinstance(part, wanted)
    if not fits:
        raise UsageError(
            f"{kind} must be a name, an instance of monas_core's {wanted.__name__}, or a class of "
            f"such, got {part!r:.60}."
        )
    if kind == "loss" and not isinstance(part, type):
        raise UsageError(
            f"loss must be a name or a class, got an instance of {type(part).__name__}; every run "
            "makes its own, with its task."
        )
    if isinstance(part, type) and kind in ("device", "task"):
        raise UsageError(f"{kind} must be a name or an instance, got the class {part.__name__}.")
    own = part.modality if kind == "task" else getattr(part, "provides", _PROVIDES.get(kind, ()))
    return entry_of(
        kind,
        part,
        name=name_of(part),
        provides=(own,) if isinstance(own, str) else own,
        needs=getattr(part, "needs", _NEEDS.get(kind, ())),
        maker=_copier(kind),
    )


def name_of(part: Any) -> str:
    """What a part calls itself, or the name of its class."""
    name = getattr(part, "name", None)
    return name if isinstance(name, str) and name else class_of(part).__name__


def _copier(kind: str) -> Callable[[Any], Any]:
    """How a run gets a part of its own; data and networks are not doubled."""
    if kind not in _LEARNING:
        return copy.copy

    def copied(part: Any) -> Any:
        try:
            return copy.deepcopy(part)
        except Exception as error:
            remedy = "make what it holds on first use"
            if kind != "device":
                remedy = f"hand in its class, or {remedy}"
            raise UsageError(
                f'{kind.capitalize()} "{name_of(part)}" cannot be copied, and every run needs one '
                f"of its own ({type(error).__name__}: {error}); {remedy}."
            ) from error

    return copied


def own_parts(catalog: Catalog) -> Mapping[tuple[str, str], GivenEntry]:
    """What a program has handed over, by kind and name."""
    return {(entry.kind, entry.name): entry for entry in given_entries(catalog)}
