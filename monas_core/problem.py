"""What an optimizer is handed."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from monas_core.budget import Meter
from monas_core.choices import ChoiceSet
from monas_core.constraint import Constraint
from monas_core.context import Context
from monas_core.device import Device, HardwareEmbedding
from monas_core.evaluator import Evaluator
from monas_core.objective import Objective


@attrs.frozen(eq=False)
class Problem:
    """The question a search answers.

    Attributes:
        context: Space, and where there are any, task, supernet and teacher.
        objectives: At least one; the order of all objective vectors.
        devices: The search devices. Held-out devices are never in here.
        evaluator: The only way to values; counts queries and caches.
        embedding: Turns a device into the vector a model is conditioned on.
        meter: What has been spent; ``meter.fraction`` drives schedules.
        constraints: Limits that a returned architecture must meet.
    """

    context: Context
    objectives: tuple[Objective, ...]
    devices: tuple[Device, ...]
    evaluator: Evaluator
    embedding: HardwareEmbedding
    meter: Meter
    constraints: tuple[Constraint, ...] = ()

    @property
    def choices(self) -> ChoiceSet:
        """The choices of the space."""
        return self.context.space.choices

    @property
    def torch_device(self) -> torch.device:
        """Where this machine computes."""
        return self.context.torch_device

    def embed(self, devices: Sequence[Device]) -> Tensor:
        """Hardware embeddings ``(D, E)`` on the device metrics among the objectives."""
        metrics = [o.device_metric for o in self.objectives if o.device_metric is not None]
        rows = [self.embedding.embed(device, metrics, self.context) for device in devices]
        return torch.stack(rows)
