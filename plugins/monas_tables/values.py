"""Where numbers come from: one function from architectures to values per source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from monas_core.errors import Unavailable
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value
from monas_tables.parquet import ABSENT, Integers, Numbers
from monas_tables.space import TableSpace

PART = 8192
"""Rows that are predicted at once."""


class Source(Protocol):
    """Values of one kind, in one unit."""

    def __call__(self, architectures: Sequence[Architecture]) -> list[Value]:
        """One value per architecture. Raises Unavailable where there is none."""
        ...


class Column:
    """A column of a table, exact.

    Args:
        what: For messages: ``latency_ms on "raspi4"``.
        unit: Of the numbers.
        numbers: ``(n,)``, NaN where there is no value.
        locate: From architectures to rows of the table, ``ABSENT`` where there is none.
    """

    def __init__(
        self,
        what: str,
        unit: str,
        *,
        numbers: Numbers,
        locate: Callable[[Sequence[Architecture]], Integers],
    ) -> None:
        self.what = what
        self.numbers = numbers
        self._locate = locate
        self._values = [
            Value(number, unit, "tabulated") if known else None
            for number, known in zip(numbers.tolist(), np.isfinite(numbers), strict=True)
        ]

    def __call__(self, architectures: Sequence[Architecture]) -> list[Value]:
        """The tabulated values. Raises Unavailable, naming the first that is absent."""
        places = self._locate(architectures).tolist()
        found: list[Value] = []
        for architecture, place in zip(architectures, places, strict=True):
            value = None if place == ABSENT else self._values[place]
            if value is None:
                raise Unavailable(
                    f"The tables hold no {self.what} for architecture {architecture.key} "
                    f"({described(architecture)})."
                )
            found.append(value)
        return found


class Forecast:
    """Fitted functions of the option indices; each architecture is computed once.

    Args:
        space: Numbers and encodes architectures.
        predict: From option indices ``(n, C)`` to all quantities ``(n, Q)``.
    """

    def __init__(self, space: TableSpace, predict: Callable[[Integers], Numbers]) -> None:
        self._space = space
        self._predict = predict
        self._known: Numbers | None = None

    def source(self, column: int, unit: str) -> Source:
        """One of the quantities, as values."""

        def predicted(architectures: Sequence[Architecture]) -> list[Value]:
            numbers = self._table(architectures)[:, column]
            return [Value(number, unit, "predicted") for number in numbers.tolist()]

        return predicted

    def points(self, rows: Integers) -> Numbers:
        """All quantities ``(n, Q)`` of option indices ``(n, C)``.

        Rounded to single precision: how a product of matrices is summed up depends on
        the number of rows, and what an architecture is worth must not.
        """
        parts = [self._predict(part) for part in _parts(rows)]
        return np.concatenate(parts).astype(np.float32).astype(np.float64)

    def _table(self, architectures: Sequence[Architecture]) -> Numbers:
        numbers = self._space.numbers(architectures)
        known = 0 if self._known is None else len(self._known)
        fresh = self._space.met(known)
        if self._known is None:
            self._known = self.points(fresh)
        elif len(fresh):
            self._known = np.concatenate([self._known, self.points(fresh)])
        return self._known[numbers]


def _parts(rows: Integers) -> list[Integers]:
    """Rows in parts whose features fit into memory; at least one part."""
    return [rows[start : start + PART] for start in range(0, max(len(rows), 1), PART)]


def described(architecture: Architecture) -> str:
    """The answers on one line."""
    return ", ".join(f"{name}={option}" for name, option in architecture.answers)
