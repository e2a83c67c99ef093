"""Quality and costs that are formulas over the choices of any space.

So a front can be had by enumeration, and every value can be checked by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from monas_core.parts.context import Context
from monas_core.parts.device import Device, DeviceProfile, Figure, HardwareEmbedding, require_metric
from monas_core.parts.objective import Objective
from monas_core.values.architecture import Architecture
from monas_core.values.choices import ChoiceSet
from monas_core.values.relaxation import Relaxation, option_mask
from monas_core.values.value import Split, Value


def _shares(choices: ChoiceSet, salt: str) -> Tensor:
    """How much each choice matters, ``(C,)`` between 0.5 and 1.5, drawn from a hash."""
    seed = int.from_bytes(hashlib.sha256(salt.encode()).digest()[:6], "big")
    return 0.5 + torch.rand(len(choices), generator=torch.Generator().manual_seed(seed))


def _burden(relaxation: Relaxation, salt: str, power: float) -> Tensor:
    """Sum over active choices of share times a power of the option's rank, ``(A,)``."""
    choices = relaxation.choices
    ranks = torch.arange(choices.max_options) / torch.tensor(choices.sizes)[:, None]  # (C, K)
    table = (_shares(choices, salt)[:, None] * (ranks + 0.1) ** power)[option_mask(choices)]
    return relaxation.features().double() @ table.double()


class ToyDevice(Device):
    """Costs grow with the rank of every answer; which choices are dear depends on the name."""

    metrics = frozenset({"latency_ms", "energy_mj"})

    def __init__(self, name: str = "toy-device", *, power: float = 1.5) -> None:
        figures = {"power": Figure(power, "1", "made up")}
        self.profile = DeviceProfile(
            name, "an abacus", "none", "fp32", 1, "modelled", figures=figures
        )
        self.power = power

    def mixture(self, metric: str, relaxation: Relaxation) -> Tensor:
        """Cost of each relaxed architecture, ``(A,)`` float64."""
        require_metric(self, metric, "this cost")
        base = 0.3 if metric == "latency_ms" else 2.0
        return base + _burden(relaxation, f"{self.name}/{metric}", self.power)

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Exact, from the formula."""
        rows = Relaxation.from_architectures(context.space.choices, architectures)
        costs = self.mixture(metric, rows).tolist()
        unit = "ms" if metric == "latency_ms" else "mJ"
        return [Value(cost, unit, "modelled") for cost in costs]


class ToyQuality(Objective):
    """A score that rises with every answer's rank, each step less than the one before."""

    name: ClassVar[str] = "toy-quality"
    short: ClassVar[str] = "toyq"
    unit = "point"
    direction = "max"
    query: ClassVar[bool] = True
    differentiable: ClassVar[bool] = True

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,  # noqa: ARG002 - the same on all
        context: Context,
        split: Split = "search",
    ) -> list[Value]:
        """Exact; a little lower on the final split, as on any data not seen before."""
        rows = Relaxation.from_architectures(context.space.choices, architectures)
        factor = 1.0 if split == "search" else 0.99
        return [Value(factor * q, self.unit, "modelled") for q in self._quality(rows).tolist()]

    def relaxed(
        self,
        relaxation: Relaxation,
        devices: Sequence[Device],
        context: Context,  # noqa: ARG002 - a formula needs none
    ) -> Tensor:
        """The same on every device, ``(D, A)``."""
        return self._quality(relaxation).expand(len(devices), -1)

    def _quality(self, relaxation: Relaxation) -> Tensor:
        return 100.0 * (1.0 - torch.exp(-0.5 * _burden(relaxation, "quality", 0.7)))


class ToyLatency(Objective):
    """Latency of a toy device, exact and differentiable."""

    name: ClassVar[str] = "toy-latency"
    short: ClassVar[str] = "toyl"
    unit = "ms"
    direction = "min"
    device_metric: ClassVar[str | None] = "latency_ms"
    differentiable: ClassVar[bool] = True

    def evaluate(
        self,
        architectures: Sequence[Architecture],
        device: Device | None,
        context: Context,
        split: Split = "search",  # noqa: ARG002 - costs have no data
    ) -> list[Value]:
        """What the device says."""
        assert device is not None
        assert self.device_metric is not None
        return device.cost(self.device_metric, architectures, context)

    def relaxed(
        self,
        relaxation: Relaxation,
        devices: Sequence[Device],
        context: Context,  # noqa: ARG002 - a formula needs none
    ) -> Tensor:
        """Expected values ``(D, A)``; toy devices only."""
        assert self.device_metric is not None
        rows = [
            d.mixture(self.device_metric, relaxation) for d in devices if isinstance(d, ToyDevice)
        ]
        return torch.stack(rows)


class ToyEnergy(ToyLatency):
    """Energy of a toy device."""

    name: ClassVar[str] = "toy-energy"
    short: ClassVar[str] = "toye"
    unit = "mJ"
    device_metric: ClassVar[str | None] = "energy_mj"


class ToyEmbedding(HardwareEmbedding):
    """Centred log costs of the reference set, and their mean: E is 11 per metric."""

    def embed(self, device: Device, metrics: Sequence[str], context: Context) -> Tensor:
        """``(11 * number of metrics,)``; one zero where there is no metric."""
        references = context.space.references()
        parts = [torch.zeros(1)] if not metrics else []
        for metric in metrics:
            found = device.estimate(metric, references, context)
            logs = torch.tensor([value.value for value in found]).log()
            parts.extend([logs - logs.mean(), logs.mean()[None]])
        return torch.cat(parts)
