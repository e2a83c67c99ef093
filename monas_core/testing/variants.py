"""Every option a plugin declares, tried: variants of an entry that differ in one answer."""

from __future__ import annotations

import itertools
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union

import attrs

from monas_core.catalog.lookup import checked_options, needs_of
from monas_core.catalog.specs import Entry
from monas_core.errors import PluginError, UsageError

Answer = tuple[str, Any]


def variants(entry: Entry) -> list[dict[str, Any]]:
    """Options of an entry: its defaults, then one set for each other answer to each of them.

    Switches and named alternatives (``bool``, ``Literal``) have answers that can be listed. One
    that is refused alone is tried together with a second answer.

    Raises:
        AssertionError: An answer is declared that no pair of answers makes acceptable.
    """
    kind = entry.load_options()
    answers = list(_answers(kind)) if kind is not None else []
    return [{}, *(_accepted(entry, answer, answers) for answer in answers)]


def label(options: Mapping[str, Any]) -> str:
    """Short name of a variant, for messages."""
    return ",".join(f"{name}={value}" for name, value in options.items()) or "defaults"


def fitting(entry: Entry, provided: frozenset[str] | None) -> list[dict[str, Any]]:
    """The variants whose needs are met by these capabilities; all of them for ``None``.

    Of an entry that cannot be loaded the defaults alone: its own test says why.
    """
    try:
        found = variants(entry)
        return [v for v in found if provided is None or needs_of(entry, v) <= provided]
    except PluginError:
        return [{}]


def _answers(kind: Any) -> Iterator[Answer]:
    """Every answer that is not the default, by field."""
    hints = typing.get_type_hints(kind)
    for field in attrs.fields(kind):
        if field.init:
            default = _default(field)
            for value in _listed(hints[field.name]):
                if value != default:
                    yield field.name, value


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    plain = isinstance(default, attrs.Factory) and not default.takes_self  # pyright: ignore
    return default.factory() if plain else default


def _listed(hint: Any) -> list[Any]:
    """Answers of a type that can be listed; none for numbers and texts."""
    if hint is bool:
        return [False, True]
    origin = typing.get_origin(hint)
    if origin is Literal:
        return list(typing.get_args(hint))
    if origin in (Union, types.UnionType):
        return [value for part in typing.get_args(hint) for value in _listed(part)]
    return []


def _accepted(entry: Entry, answer: Answer, answers: list[Answer]) -> dict[str, Any]:
    name, value = answer
    fault: UsageError | None = None
    others = [other for other in answers if other[0] != name]
    for also in itertools.chain([()], ((other,) for other in others)):
        options = {name: value, **dict(also)}
        try:
            checked_options(entry, options)
        except UsageError as error:
            fault = fault or error
        else:
            return options
    raise AssertionError(f"{entry.kind} {entry.name}: {name}={value} is never accepted: {fault}")
