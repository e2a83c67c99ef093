"""Mean squared differences."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from monas_core.errors import UsageError
from monas_core.parts.loss import Loss


class Squared(Loss):
    """Mean squared difference of outputs and targets ``(B, ...)``."""

    name: ClassVar[str] = "mse"

    def per_sample(self, outputs: Any, targets: Any) -> Tensor:
        """Of each sample, ``(B,)``, in squared units of the task (``gain_of``).

        Raises:
            UsageError: Outputs and targets are no tensors of one shape.
        """
        difference = gain_of(self.task) * differences(outputs, targets, self.task.name)
        return difference.square().flatten(1).mean(1)


def differences(outputs: Any, targets: Any, task: str) -> Tensor:
    """Outputs minus targets. Raises UsageError where these are no tensors of one shape."""
    fit = isinstance(outputs, Tensor) and isinstance(targets, Tensor)
    if not fit or outputs.shape != targets.shape or outputs.dim() < 2:
        raise UsageError(
            f'This loss compares outputs and targets of one shape, and task "{task}" has '
            f"{_shape(outputs)} and {_shape(targets)}; leave out --loss, or choose another task."
        )
    return outputs - targets


def gain_of(task: Any) -> float:
    """Factor that brings a task's numbers to the order of 1, so that optimizers see them."""
    return float(getattr(task, "gain", 1.0))


def _shape(tree: Any) -> str:
    return str(tuple(tree.shape)) if isinstance(tree, Tensor) else f"a {type(tree).__name__}"
