"""The loss a task has of its own, under a name."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from monas_core.parts.loss import Loss


class Own(Loss):
    """As the task."""

    name: ClassVar[str] = "task"

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        """Loss of each sample, ``(B,)``."""
        return self.task.loss(outputs, targets)
