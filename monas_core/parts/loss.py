"""What training makes small, where it is not the task's own loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from monas_core.parts.task import Batch, Model, Part, Task
from monas_core.parts.usage import Usage
from monas_core.values.data import DataRecord


class Loss(ABC):
    """A loss in place of the task's own, for everything that is trained in a run.

    A spec says which tasks it fits by what it needs of them (``needs={"density-map"}``).

    Attributes:
        name: As given on the command line.
        task: Whose outputs and targets it compares.

    Example:
        >>> class Absolute(Loss):
        ...     name = "absolute"
        ...
        ...     def per_sample(self, outputs, targets):
        ...         return (outputs - targets).abs().flatten(1).mean(1)
    """

    name: ClassVar[str]

    def __init__(self, task: Task) -> None:
        self.task = task

    @abstractmethod
    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        """Loss of each sample, ``(B,)``, differentiable in the outputs."""

    def searched(self) -> Sequence[Tensor]:
        """Leaves that a run searches while it trains its supernet; none by default.

        They are no part of an architecture: all networks of a run are trained with the same.
        """
        return ()

    def judged(self, outputs: Any, targets: Any) -> Tensor:
        """What searched parameters are to make small on data that fits no weights, ``(B,)``."""
        return self.task.loss(outputs, targets)

    def told(self) -> Mapping[str, float]:
        """Searched parameters as plain numbers, for the screen."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Searched parameters."""
        return {"searched": [leaf.detach().clone() for leaf in self.searched()]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        with torch.no_grad():
            for leaf, saved in zip(self.searched(), state["searched"], strict=True):
                leaf.copy_(saved)


class TrainedTask(Task):
    """A task whose networks are trained with another loss; its data and scores are its own."""

    def __init__(self, task: Task, loss: Loss) -> None:
        self._task, self._loss = task, loss
        self.name, self.score, self.scores = task.name, task.score, task.scores
        self.n_outputs, self.items_per_sample = task.n_outputs, task.items_per_sample
        for kept in ("modality", "item", "rehearsed", "ahead"):
            setattr(self, kept, getattr(task, kept))

    def __getattr__(self, name: str) -> Any:
        """Whatever else a space reads of the task."""
        if name == "_task":  # while it is copied there is none yet
            raise AttributeError(name)
        return getattr(self._task, name)

    def describe(self) -> Mapping[str, Any]:
        """As the task, and the loss."""
        return {**self._task.describe(), "trained with": self._loss.name}

    def record(self) -> DataRecord:
        """As the task."""
        return self._task.record()

    def batch(self, part: Part, size: int, generator: torch.Generator) -> Batch:
        """As the task."""
        return self._task.batch(part, size, generator)

    def loss(self, outputs: Any, targets: Any) -> Tensor:
        """The other loss of each sample, ``(B,)``."""
        return self._loss.per_sample(outputs, targets)

    def evaluate(self, model: Model, part: Part) -> Mapping[str, float]:
        """As the task."""
        return self._task.evaluate(model, part)

    def example(self, batch: int) -> Any:
        """As the task."""
        return self._task.example(batch)

    def usage(self) -> Usage | None:
        """As the task."""
        return self._task.usage()
