"""What is believed of any architecture on any device, in the objectives' own units."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from torch import Tensor

from monas_core.parts.device import Device, identity
from monas_core.parts.objective import sign
from monas_core.problem.problem import Problem
from monas_modnas.costs import split_objectives
from monas_modnas.information import most_informative
from monas_modnas.landscape import Landscape
from monas_modnas.prices import Prices


@attrs.frozen(eq=False)
class Opinions:
    """Device-independent beliefs about n rows, from which those on a device follow.

    Attributes:
        rows: ``(n, C)``.
        searched: Anchored log costs on the search devices, ``(n, T, H)``.
        mean: Of the warped queried objectives, ``(n, Q)``.
        deviation: ``(n, 1)``.
    """

    rows: Tensor
    searched: Tensor
    mean: Tensor
    deviation: Tensor


class Judge:
    """Joins quality predictor and prices; looks costs up where that is possible.

    Unlike the landscape it is not differentiable, and exact about what is known.
    """

    def __init__(
        self, problem: Problem, landscape: Landscape, prices: Prices, sample: Tensor
    ) -> None:
        self.problem = problem
        self.landscape = landscape
        self.prices = prices
        self._sample = sample
        self._ends: dict[tuple[str, str], tuple[Tensor, Tensor]] = {}

    def opinions(self, rows: Tensor) -> Opinions:
        """Judge a population ``(n, C)``."""
        quality = self.landscape.quality
        with torch.no_grad():
            searched = self.prices.searched(rows)
            described = self.landscape.describe.rows(rows)
            mean, deviation = quality.process.beliefs(described)
        return Opinions(rows, searched, mean, deviation)

    def telling(self, rows: Tensor, weights: Tensor, count: int) -> Tensor:
        """Indices of ``count`` rows ``(n, C)`` whose quality tells most about that of all of them.

        Args:
            rows: Candidates.
            weights: How much doubt about each matters, ``(n,)``.
            count: At most n.
        """
        process = self.landscape.quality.process
        covariance = process.covariance(self.landscape.describe.rows(rows))
        return most_informative(covariance, weights.double(), process.noise.item(), count)

    def values(
        self, opinions: Opinions, device: Device, optimism: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Queried objectives ``(n, Q)``, minimised, and log costs ``(n, H)`` on a device.

        Quality is the value at ``optimism`` standard deviations below the mean.
        """
        with torch.no_grad():
            bound = opinions.mean - optimism * opinions.deviation
            quality = self.landscape.quality.warp.inverse(bound)
            return quality, self.prices.on(opinions.searched, device)

    def linear(self, opinions: Opinions, device: Device, optimism: float = 0.0) -> Tensor:
        """Objectives ``(n, M)`` scaled to [0, 1] between the known ends; costs as they are.

        For hypervolumes, where a millisecond is worth the same everywhere.
        """
        quality, logs = self.values(opinions, device, optimism)
        low, high = self._range(device)
        costs = (logs.exp() - low.exp()) / (high.exp() - low.exp())
        return self.landscape.assemble(self._scaled(quality), costs)

    def logarithmic(self, opinions: Opinions, device: Device) -> Tensor:
        """As ``linear``, costs as ratios: for wishes, where half the time is worth the same."""
        quality, logs = self.values(opinions, device)
        low, high = self._range(device)
        return self.landscape.assemble(self._scaled(quality), (logs - low) / (high - low))

    def natural(self, rows: Tensor, device: Device) -> list[Mapping[str, float]]:
        """Beliefs in the objectives' own units and directions, by short name."""
        quality, logs = self.values(self.opinions(rows), device)
        queried, free = split_objectives(self.problem.objectives)
        columns = {o.short: quality[:, i] * sign(o) for i, o in enumerate(queried)}
        columns |= {o.short: (logs[:, i] * sign(o)).exp() for i, o in enumerate(free)}
        names = [objective.short for objective in self.problem.objectives]
        return [{name: float(columns[name][i]) for name in names} for i in range(len(rows))]

    def _scaled(self, quality: Tensor) -> Tensor:
        return (quality - self.landscape.quality_low) / self.landscape.quality_width

    def _range(self, device: Device) -> tuple[Tensor, Tensor]:
        """Log costs of the cheapest and the dearest of the sample, ``(H,)`` each."""
        key = device.name, identity(device)
        if key not in self._ends:
            with torch.no_grad():
                logs = self.prices.on(self.prices.searched(self._sample), device)
            low, high = logs.amin(0), logs.amax(0)
            self._ends[key] = low, torch.maximum(high, low + 1e-6)
        return self._ends[key]
