"""Choices without networks: architectures are only looked up."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NoReturn

import numpy as np

from monas_core.errors import UsageError
from monas_core.parts.space import SearchSpace, WarmUp
from monas_core.parts.task import Task
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_tables.parquet import Integers


class TableSpace(SearchSpace):
    """A space whose values are known and whose networks are not.

    Args:
        choices: The decisions.
    """

    modalities: ClassVar[frozenset[str]] = frozenset()
    presets: ClassVar[tuple[str, ...]] = ("published",)

    def __init__(self, choices: ChoiceSet) -> None:
        self.preset = self.presets[0]
        self.choices = choices
        self.warm_up = WarmUp(steps=0, batch_size=1, learning_rate=0.0)
        self._numbers: dict[Architecture, int] = {}
        self._encoded = np.zeros((0, len(choices)), dtype=np.int8)
        self._last: tuple[list[Architecture], Integers] = ([], np.zeros(0, dtype=np.int64))

    @classmethod
    @abstractmethod
    def tiny(cls) -> TableSpace:
        """The same kind of choices, few enough to enumerate, without values."""

    def supernet(self, task: Task) -> NoReturn:  # noqa: ARG002 - for no task
        """Refused."""
        self._refuse()

    def build(self, architecture: Architecture, task: Task) -> NoReturn:  # noqa: ARG002
        """Refused."""
        self._refuse()

    def numbers(self, architectures: Sequence[Architecture]) -> Integers:
        """A number for each architecture ``(n,)``, in the order in which they were first met.

        Every objective and device asks for the same architectures, so encoding
        them each time would cost more than all look-ups together.
        """
        asked = list(architectures)
        if asked != self._last[0]:  # equal objects are not compared further, so this is cheap
            found = [self._numbers.get(architecture) for architecture in asked]
            if None in found:
                self._meet(list(dict.fromkeys(a for a in asked if a not in self._numbers)))
                found = [self._numbers[architecture] for architecture in asked]
            self._last = (asked, np.array(found, dtype=np.int64))
        return self._last[1]

    def met(self, start: int = 0) -> Integers:
        """Option indices ``(n, C)`` of the architectures numbered from ``start`` on."""
        return self._encoded[start:].astype(np.int64)

    def rows(self, architectures: Sequence[Architecture]) -> Integers:
        """Option indices ``(n, C)``."""
        numbers = self.numbers(architectures)
        return self._encoded[numbers].astype(np.int64)

    def _meet(self, fresh: list[Architecture]) -> None:
        encoded = population.encode(self.choices, fresh).numpy().astype(np.int8)
        start = len(self._encoded)
        self._encoded = np.concatenate([self._encoded, encoded])
        self._numbers.update(zip(fresh, range(start, start + len(fresh)), strict=True))

    def _refuse(self) -> NoReturn:
        raise UsageError(
            f'Problem "{self.name}" has no networks, only values; to train or export networks, '
            "choose a search space (monas plugins lists them)."
        )
