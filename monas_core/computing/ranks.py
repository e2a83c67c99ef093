"""The processes that carry out a training together, seen from one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from monas_core.errors import MonasError


class RankLostError(MonasError):
    """Another process is gone."""


class Board:
    """Where processes leave word for each other, which nobody waits for; alone there is one."""

    def __init__(self) -> None:
        self._posted: dict[str, str] = {}
        self._tickets: dict[str, int] = {}

    def post(self, name: str, text: str) -> None:
        """Leave word under a name."""
        self._posted[name] = text

    def posted(self, name: str) -> str | None:
        """What was left under a name, if anything was."""
        return self._posted.get(name)

    def ticket(self, name: str) -> int:
        """The next number, from 0; no two processes get the same."""
        number = self._tickets.get(name, 0)
        self._tickets[name] = number + 1
        return number


class Ranks:
    """One process alone; ``joining`` has the one among several.

    Attributes:
        number: Of this process, from 0. Rank 0 decides, writes and shows.
        count: How many there are.
        board: Of all of them.
    """

    number = 0
    count = 1
    board = Board()

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

    def gather(self, message: Any, meanwhile: Callable[[], None] = lambda: None) -> list[Any]:
        """The messages of all processes, by rank, in rank 0; none elsewhere.

        Args:
            message: Of this process, which may come late.
            meanwhile: Called now and then while the others are not there yet.
        """
        del meanwhile
        return [message]

    def despair(self, reason: str) -> None:
        """Leave word of why this process cannot go on."""

    def leave(self) -> None:
        """Take leave of the others."""


ALONE = Ranks()
