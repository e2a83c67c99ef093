"""Learning from the largest subnet: its softened logits as a second target.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network"
(arXiv 1503.02531), section 2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from monas_core.errors import UsageError
from monas_core.parts.context import Context

TEMPERATURE = 2.0
SHARE = 0.5
"""Of the loss that comes from the teacher; the rest is the task's own."""


class Teacher:
    """The checkpoint a space came from, else the largest subnet; its weights stay as they are.

    Raises:
        UsageError: The run has no supernet to take it from.
    """

    def __init__(self, context: Context) -> None:
        if context.supernet is None:
            raise UsageError(
                "Distillation takes the largest subnet of a trained supernet as its teacher, and "
                "this run has none; leave out --distil."
            )
        self._network: nn.Module = context.original()
        self._n_outputs = context.require_task().n_outputs

    def mixed(self, loss: Tensor, inputs: Any, outputs: Any) -> Tensor:
        """The task's loss and the distance to the teacher's logits, weighted.

        Args:
            loss: Of the task, a scalar.
            inputs: What the student saw.
            outputs: Its logits ``(..., n_outputs)``.

        Raises:
            UsageError: The task's outputs are no logits, so that there is nothing to distil.
        """
        if not isinstance(outputs, Tensor) or outputs.shape[-1] != self._n_outputs:
            raise UsageError(
                "Distillation compares logits, one tensor (..., classes), and this task's "
                "networks give something else; leave out --distil."
            )
        with torch.no_grad():
            wanted = self._network(inputs)
        return (1 - SHARE) * loss + SHARE * divergence(outputs, wanted)


def divergence(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Mean over positions of T² KL(teacher || student) of logits ``(..., V)`` divided by T.

    The factor keeps the gradients' size independent of the temperature (section 2.1).
    """
    given = F.log_softmax(student / temperature, dim=-1)
    wanted = F.log_softmax(teacher / temperature, dim=-1)
    apart = F.kl_div(given, wanted, reduction="none", log_target=True).sum(-1)
    return temperature**2 * apart.mean()
