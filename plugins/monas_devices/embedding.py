"""A device as a vector: what the reference architectures cost there."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from monas_core.errors import Unavailable
from monas_core.parts.context import Context
from monas_core.parts.device import Device, HardwareEmbedding, require_metric
from monas_core.values.architecture import Architecture

REFERENCES = 10
"""Architectures of the reference set."""


class LogCost(HardwareEmbedding):
    """Per metric, shape ``(10,)`` and scale ``(1,)`` of the log costs.

    The shape (centred on its mean) says which networks a device finds relatively
    cheap; the scale (the mean) keeps how fast it is. All shapes come first, then
    all scales. E = 11 per metric; a problem without device metrics gets E = 1,
    a constant zero, since all devices are alike to it. A space with fewer
    than ten architectures repeats them.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Device, dict[object, Tensor]] = WeakKeyDictionary()

    def embed(self, device: Device, metrics: Sequence[str], context: Context) -> Tensor:
        """The vector ``(E,)``, float32, computed once per device.

        Raises:
            Unavailable: The device does not offer a metric, or a cost has no logarithm.
        """
        choices = context.space.choices
        key = (tuple(metrics), choices)
        cache = self._known.setdefault(device, {})
        if key not in cache:
            found = context.space.references()
            padded = [found[i % len(found)] for i in range(REFERENCES)]
            cache[key] = self._compute(device, metrics, padded, context)
        return cache[key].clone()

    def _compute(
        self,
        device: Device,
        metrics: Sequence[str],
        architectures: Sequence[Architecture],
        context: Context,
    ) -> Tensor:
        if not metrics:
            return torch.zeros(1)
        shapes, scales = [], []
        for metric in metrics:
            require_metric(device, metric, "the hardware embedding log-cost")
            costs = [value.value for value in device.estimate(metric, architectures, context)]
            if min(costs) <= 0:
                raise Unavailable(
                    f'Device "{device.name}" gives {metric} = {min(costs)} for a reference '
                    "architecture; a cost must be positive to be embedded."
                )
            logs = torch.tensor(costs, dtype=torch.float64).log()  # (10,)
            shapes.append(logs - logs.mean())
            scales.append(logs.mean())
        return torch.cat([*shapes, torch.stack(scales)]).float()
