"""Quality: the score that a task gives a subnet of the trained supernet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from monas_core.errors import Unavailable, UsageError, did_you_mean
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.spelling import meant, typed
from monas_core.values.value import Direction, Split, Value

if TYPE_CHECKING:
    from monas_core.parts.context import Context
    from monas_core.parts.task import Part, Score, Task

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
            self.name = f"quality:{typed(score.name)}"  # pyright: ignore[reportAttributeAccessIssue]
            self.short = f"acc:{typed(score.name)}"  # pyright: ignore[reportAttributeAccessIssue]
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


def _named(task: Task, argument: str) -> Score:
    known = {score.name: score for score in (task.score, *task.scores)}
    found = meant(argument, known)
    if len(found) > 1:
        raise UsageError(
            f'Task "{task.name}" has several scores that "{argument}" may be: {", ".join(found)}; '
            "write one of them just so."
        )
    if not found:
        words = map(typed, known)
        raise UsageError(
            f'Task "{task.name}" has no score "{argument}". {did_you_mean(argument, words)}'
        )
    return known[found[0]]
