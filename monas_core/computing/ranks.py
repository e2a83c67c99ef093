"""The processes that carry out a training together, seen from one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from monas_core.errors import MonasError


class RankLostError(MonasError):
    """Another process is gone."""


class Ranks:
    """One process alone; ``joining`` has the one among several.

    Attributes:
        number: Of this process, from 0. Rank 0 decides, writes and shows.
        count: How many there are.
    """

    number = 0
    count = 1

    def share(self, size: int) -> slice:
        """The samples of a batch, or rows of anything, that are this process's."""
        return self.share_of(self.number, size)

    def share_of(self, number: int, size: int) -> slice:
        """The samples of a rank; shares differ by at most one."""
        return slice(size * number // self.count, size * (number + 1) // self.count)

    def any(self, flag: bool) -> bool:
        """Whether it is so in any process."""
        return flag

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Put the sums over all processes in the place of tensors."""

    def tell(self, message: Any = None) -> Any:
        """The message of rank 0, in every process: plain values and tensors, nested."""
        return message

    def collect(self, message: Any) -> list[Any]:
        """The messages of all processes, by rank; in every process."""
        return [message]

    def despair(self, reason: str) -> None:
        """Leave word of why this process cannot go on."""

    def leave(self) -> None:
        """Take leave of the others."""


ALONE = Ranks()
