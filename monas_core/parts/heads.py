"""Tasks of several heads: one network answers several questions of one input."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from torch import Tensor

from monas_core.parts.task import Task


def _pair(numbers: Sequence[int]) -> tuple[int, int]:
    first, last = numbers
    return int(first), int(last)


@attrs.frozen
class Head:
    """One of the questions.

    Attributes:
        name: Of its output, and of its leading score: ``acc:NAME``.
        outputs: Channels of its output, a map of the input's height and width.
        channels: First channel of the input that is its own, and the one behind the last; all
            heads may look at the same.
        weight: Of its loss in the sum.
    """

    name: str
    outputs: int
    channels: tuple[int, int] = attrs.field(converter=_pair)
    weight: float = 1.0


class MultiTask(Task):
    """A task whose networks answer with a mapping, an output for every head.

    Attributes:
        heads: In order; outputs and targets are mappings by their names. A score belongs to the
            head whose name it begins with.
    """

    heads: tuple[Head, ...]

    @abstractmethod
    def losses(
        self, outputs: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> Mapping[str, Tensor]:
        """Loss of each sample by head, ``(B,)``, differentiable, without its weight."""

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """The weighted sum over heads, ``(B,)``."""
        found = self.losses(outputs, targets)
        first, *rest = [head.weight * found[head.name] for head in self.heads]
        return sum(rest, first)


def heads_of(task: Task) -> tuple[Head, ...]:
    """The heads of a task, or of what a finished run remembers of one; none of any other."""
    found: Sequence[Head | Mapping[str, Any]] = getattr(task, "heads", ())
    return tuple(head if isinstance(head, Head) else Head(**head) for head in found)


def head_of(task: MultiTask, score: str | None) -> str | None:
    """The head that a score is of; ``None`` where it is of none."""
    words = (score or "").split()
    return next((head.name for head in task.heads if words[:1] == [head.name]), None)
