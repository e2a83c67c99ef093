"""Reading plain documents, believing nothing: every check names what is wrong.

Each takes a value as it comes from JSON and returns it, or raises ValueError with the
fault as the rest of a sentence (``is no text``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_REQUIRED: Any = object()


def part(document: Any, name: str, check: Callable[[Any], T], default: Any = _REQUIRED) -> T:
    """One part of a document, checked; the fault names it."""
    found = mapping(document).get(name, default)
    if found is _REQUIRED:
        raise ValueError(f"'{name}' is missing")
    try:
        return check(found)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def finite_number(value: Any) -> bool:
    """Whether a plain value is a number that a float can hold."""
    if type(value) is float:
        return math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def number(value: Any) -> float:
    """A finite number."""
    if not finite_number(value):
        raise ValueError("is no finite number")
    return value


def items(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise ValueError("is no list")
    return list(value)


def mapping(value: Any) -> dict[str, Any]:
    """An object; its keys are texts."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError("is no object")
    return dict(value)


def point(value: Any) -> tuple[float, ...]:
    """Finite numbers in order."""
    return tuple(map(number, items(value)))


def numbers(value: Any) -> dict[str, float]:
    """Finite numbers by name."""
    return {name: part(value, name, number) for name in mapping(value)}


def texts(value: Any) -> dict[str, str]:
    """Texts by name."""
    return {name: part(value, name, text) for name in mapping(value)}


def answers(value: Any) -> dict[str, Any]:
    """Plain values by name of choice."""
    for name, answer in mapping(value).items():
        if not isinstance(answer, bool | int | float | str):
            raise ValueError(f"has an answer to {name} that is no plain value")
    return dict(value)
