"""Quality: the score that a task gives a subnet of the trained supernet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from monas_core.errors import Unavailable, UsageError, did_you_mean
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.task import Part, Score, Task
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value

_PART: dict[Split, Part] = {"search": "search", "final": "test"}


class Quality(Objective):
    """A score of the task on its own data, in the task's unit and direction.

    Args:
        task: What decides the unit and the direction.
        argument: Which of its scores, words joined by hyphens; by default the headline.

    Raises:
        UsageError: No task was given, or it has no such score.
    """

    name: ClassVar[str] = "quality"
    short: ClassVar[str] = "acc"
    query: ClassVar[bool] = True

    def __init__(self, task: Task | None = None, argument: str | None = None) -> None:
        if task is None:
            raise UsageError('Objective "quality" is the score of a task; name one with --task.')
        score = task.score
        if argument is not None:
            score = _named(task, argument)
            self.name = f"quality:{_word(score)}"  # pyright: ignore[reportAttributeAccessIssue]
            self.short = f"acc:{_word(score)}"  # pyright: ignore[reportAttributeAccessIssue]
        self.score: str | None = score.name
        self.unit: str = score.unit
        self.direction: Direction = score.direction

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """One pass over the task's evaluation data per architecture, for all scores together.

        Raises:
            Unavailable: There is no supernet to take weights from.
        """
        if context.supernet is None:
            raise Unavailable(
                'Objective "quality" takes weights from a supernet, and this run has none; '
                "choose a space that provides one."
            )
        return [self._value(context, architecture, split) for architecture in architectures]

    def _value(self, context: Context, architecture: Architecture, split: Split) -> Value:
        scores = dict(context.scores(architecture, _PART[split]))
        value = scores.pop(str(self.score))
        return Value(value, self.unit, "measured", extra=scores)


def _word(score: Score) -> str:
    """A name as it is typed: no blanks."""
    return "-".join(score.name.split())


def _named(task: Task, argument: str) -> Score:
    wanted = "-".join(argument.split()).lower()
    known = {_word(score): score for score in (task.score, *task.scores)}
    for word, score in known.items():
        if word.lower() == wanted:
            return score
    raise UsageError(
        f'Task "{task.name}" has no score "{argument}". {did_you_mean(argument, known)}'
    )
