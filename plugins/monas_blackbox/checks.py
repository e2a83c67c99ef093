"""Refusing options out of range."""

from __future__ import annotations

from monas_core.errors import UsageError


def at_least(low: float, **values: float) -> None:
    """Raise UsageError for the first option below ``low``."""
    for name, value in values.items():
        if value < low:
            raise UsageError(f"options.optimizer.{name} must be at least {low:g}, got {value:g}.")


def at_most(high: float, **values: float) -> None:
    """Raise UsageError for the first option above ``high``."""
    for name, value in values.items():
        if value > high:
            raise UsageError(f"options.optimizer.{name} must be at most {high:g}, got {value:g}.")
