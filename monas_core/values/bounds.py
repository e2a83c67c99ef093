"""Limits of numbers that a person sets, refused with the path by which they are set."""

from __future__ import annotations

import math

from monas_core.errors import UsageError


def within(where: str, low: float, high: float = math.inf, /, **numbers: float | None) -> None:
    """Refuse the first number outside closed limits; ``None`` stands for a default.

    Args:
        where: Path of the group the numbers belong to: ``options.optimizer``; "" for none.
        low: The least that is allowed.
        high: The most that is allowed.
        numbers: By name.

    Raises:
        UsageError: Naming path, limit and number.
    """
    for name, number in numbers.items():
        if number is not None and not number >= low:  # not a number is never at least anything
            raise UsageError(f"{_path(where, name)} must be at least {low:g}, got {number:g}.")
        if number is not None and number > high:
            raise UsageError(f"{_path(where, name)} must be at most {high:g}, got {number:g}.")


def positive(where: str, /, **numbers: float | None) -> None:
    """As ``within``, for finite numbers above 0. Raises UsageError."""
    for name, number in numbers.items():
        if number is not None and not 0 < number < math.inf:
            raise UsageError(f"{_path(where, name)} must be positive, got {number:g}.")


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
