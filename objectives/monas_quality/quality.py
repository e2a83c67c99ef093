"""Quality: the score that a task gives a subnet of the trained supernet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from monas_core.errors import Unavailable, UsageError
from monas_core.parts.context import Context
from monas_core.parts.device import Device
from monas_core.parts.objective import Objective
from monas_core.parts.supernet import Supernet
from monas_core.parts.task import Part, Task, placed
from monas_core.values.architecture import Architecture
from monas_core.values.value import Direction, Split, Value

_PART: dict[Split, Part] = {"search": "search", "final": "test"}


class Quality(Objective):
    """Score on the task's own data, in the task's unit and direction.

    Args:
        task: What decides the unit and the direction.

    Raises:
        UsageError: No task was given.
    """

    name: ClassVar[str] = "quality"
    short: ClassVar[str] = "acc"
    query: ClassVar[bool] = True

    def __init__(self, task: Task | None = None) -> None:
        if task is None:
            raise UsageError('Objective "quality" is the score of a task; name one with --task.')
        self.unit: str = task.score.unit
        self.direction: Direction = task.score.direction

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on every device
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """One pass over the task's evaluation data per architecture.

        Raises:
            Unavailable: There is no supernet to take weights from.
        """
        if context.supernet is None:
            raise Unavailable(
                'Objective "quality" takes weights from a supernet, and this run has none; '
                "choose a space that provides one."
            )
        task, supernet = context.require_task(), context.supernet
        was_training = supernet.training
        supernet.eval()
        try:
            with torch.no_grad():
                return [
                    self._score(task, supernet, a, _PART[split], context) for a in architectures
                ]
        finally:
            supernet.train(was_training)

    def _score(
        self,
        task: Task,
        supernet: Supernet,
        architecture: Architecture,
        part: Part,
        context: Context,
    ) -> Value:
        def model(inputs: Any) -> Any:
            return supernet(placed(inputs, context.torch_device), architecture)

        scores = dict(task.evaluate(model, part))
        value = scores.pop(task.score.name)
        return Value(value, self.unit, "measured", extra=scores)
