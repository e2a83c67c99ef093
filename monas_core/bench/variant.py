"""An optimizer that takes part, under a label and with options of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import attrs

from monas_core.catalog.lookup import Catalog, checked_options
from monas_core.catalog.specs import Entry
from monas_core.errors import UsageError
from monas_core.record.config import apply_dotted

_LABEL = re.compile(r"[A-Za-z0-9][\w+-]*")


@attrs.frozen
class Variant:
    """One participant.

    Attributes:
        label: Unique in a contest; names its files and rows.
        optimizer: Name of the optimizer.
        options: Given ones, by name.
    """

    label: str
    optimizer: str
    options: Mapping[str, Any] = attrs.field(factory=dict)


def variants(
    catalog: Catalog,
    words: Sequence[str] | None,
    settings: Sequence[str],
    provided: frozenset[str],
) -> tuple[Variant, ...]:
    """Participants from ``NAME`` or ``LABEL=NAME`` and ``LABEL.OPTION=VALUE``.

    Args:
        catalog: Where optimizers are looked up.
        words: Who takes part; ``None`` means every installed optimizer that can.
        settings: Options, each for one label.
        provided: Capabilities that the problem brings.

    Raises:
        UsageError: A name, label or option that does not fit, or nobody left.
    """
    given = words if words is not None else _able(catalog, provided)
    if not given:
        raise UsageError("No optimizer was named; name at least one with --optimizers.")
    found: dict[str, Entry] = {}
    for word in given:
        label, sign, name = word.partition("=")
        if not _LABEL.fullmatch(label):
            raise UsageError(
                f'Optimizer "{word}" is not understood; write NAME, or LABEL=NAME with a label of '
                "letters, digits, - and _."
            )
        if label in found:
            raise UsageError(
                f'Optimizer "{label}" is named twice; give the second a label: {label}2={label}.'
            )
        found[label] = _entry(catalog, name if sign else label, provided)
    options = _options(settings, found)
    return tuple(Variant(label, e.name, options.get(label, {})) for label, e in found.items())


def build(catalog: Catalog, variant: Variant) -> Any:
    """A fresh optimizer. Raises UsageError for options that do not fit."""
    try:
        return catalog.create("optimizer", variant.optimizer, dict(variant.options))
    except UsageError as error:
        raise UsageError(_relabelled(str(error), variant.label)) from error


def _able(catalog: Catalog, provided: frozenset[str]) -> list[str]:
    names: list[str] = []
    for entry in catalog.entries("optimizer"):
        packages = (module.partition(".")[0] for module in entry.spec.extras)
        if entry.spec.needs <= provided and all(find_spec(package) for package in packages):
            names.append(entry.name)
    return names


def _entry(catalog: Catalog, name: str, provided: frozenset[str]) -> Entry:
    entry = catalog.find("optimizer", name)
    missing = sorted(entry.spec.needs - provided)
    if missing:
        able = ", ".join(_able(catalog, provided)) or "none"
        raise UsageError(
            f'Optimizer "{entry.name}" ({entry.origin}) needs "{missing[0]}", which problems on '
            f"published measurements do not provide; these can take part: {able}."
        )
    entry.load()  # a missing extra is told now, not after hours
    return entry


def _options(settings: Sequence[str], found: Mapping[str, Entry]) -> dict[str, dict[str, Any]]:
    options: dict[str, dict[str, Any]] = {}
    for text in settings:
        label, dot, _ = text.partition("=")[0].partition(".")
        if not dot:
            raise UsageError(
                f'Setting "{text}" is not understood; write OPTIMIZER.OPTION=VALUE; '
                f"these take part: {', '.join(found)}."
            )
        if label not in found:
            raise UsageError(
                f'Setting "{text}" is for "{label}", which does not take part; '
                f"these do: {', '.join(found)}."
            )
        apply_dotted(options, text)
    for label, entry in found.items():
        try:
            checked_options(entry, options.get(label, {}))
        except UsageError as error:
            raise UsageError(_relabelled(str(error), label)) from error
    return options


def _relabelled(message: str, label: str) -> str:
    """The message about a run's option, in the words of a contest."""
    return message.replace("options.optimizer", label)
