"""A device as two numbers for each metric."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import Device, HardwareEmbedding


class TwoNumbers(HardwareEmbedding):
    """Mean and spread of the log cost of the reference architectures; E = 2 per metric."""

    def embed(self, device: Device, metrics: Sequence[str], context: Context) -> Tensor:
        """The vector ``(E,)``; one zero where there is no metric."""
        asked, numbers = context.space.references(), [torch.zeros(1)] if not metrics else []
        for metric in metrics:
            costs = [value.value for value in device.estimate(metric, asked, context)]
            logs = torch.tensor(costs, dtype=torch.float64).log()
            numbers.append(torch.stack([logs.mean(), logs.std(correction=0)]).float())
        return torch.cat(numbers)
