"""What an optimizer is handed."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from monas_core.learning.shelf import Shelf
from monas_core.parts.context import Context
from monas_core.parts.device import Device, HardwareEmbedding
from monas_core.parts.objective import Objective
from monas_core.parts.space import end_rows
from monas_core.problem.evaluator import Evaluator
from monas_core.problem.guide import Guide
from monas_core.values import population
from monas_core.values.architecture import Architecture
from monas_core.values.budget import Meter
from monas_core.values.choices import ChoiceSet
from monas_core.values.constraint import Constraint, holding


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
        guides: What steers the selection of the search, beside the objectives.
        limits: What must hold, by short name of objective; limits of kind ``equal`` may be
            treated as equalities. Wishes repeat those of their device.
        shelf: Where a fitted predictor of quality is found and left.
    """

    context: Context
    objectives: tuple[Objective, ...]
    devices: tuple[Device, ...]
    evaluator: Evaluator
    embedding: HardwareEmbedding
    meter: Meter
    limits: tuple[Constraint, ...] = ()
    guides: tuple[Guide, ...] = ()
    shelf: Shelf = attrs.field(factory=Shelf)

    @property
    def choices(self) -> ChoiceSet:
        """The choices of the space."""
        return self.context.space.choices

    @property
    def ends(self) -> Tensor:
        """Option indices of the smallest and the largest network, ``(2, C)``."""
        return end_rows(self.context.space)

    @property
    def torch_device(self) -> torch.device:
        """Where this machine computes."""
        return self.context.torch_device

    @property
    def references(self) -> list[Architecture]:
        """The architectures every device is described by, measured or tabulated on all of them."""
        return self.context.space.references()

    def limits_on(self, device: Device) -> tuple[Constraint, ...]:
        """The limits that hold on a device."""
        return holding(self.limits, device.name)

    def available(self, rows: Tensor) -> Tensor:
        """Which rows of a population ``(n, C)`` can be evaluated at all, ``(n,)`` bool."""
        return self.context.space.available(rows)

    def deposit(self, architecture: Architecture, network: nn.Module) -> bool:
        """Let an architecture have the weights of this network, in scores and for good.

        Refused, with False, where the architecture was evaluated before, with other weights: its
        value would be true of another network than the one that is exported.
        """
        if architecture in self.evaluator.queried() or architecture in self.context.deposits:
            return False
        task = self.context.require_task()
        self.context.deposits.keep(self.context.space, task, architecture, network)
        return True

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Up to ``count`` distinct random rows that can be evaluated, ``(n, C)``."""
        rows = population.sample_distinct(self.choices, 2 * count, generator)
        return rows[self.available(rows)][:count]

    def embed(self, devices: Sequence[Device]) -> Tensor:
        """Hardware embeddings ``(D, E)`` on the device metrics among the objectives."""
        metrics = [o.device_metric for o in self.objectives if o.device_metric is not None]
        rows = [self.embedding.embed(device, metrics, self.context) for device in devices]
        return torch.stack(rows)
