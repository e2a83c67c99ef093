"""All objectives of a problem as differentiable, comparable numbers on any device."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from monas_core import population
from monas_core.device import Device
from monas_core.objective import sign
from monas_core.problem import Problem
from monas_modnas.predictors import (
    CostPredictor,
    QualityPredictor,
    feature_groups,
    features_of,
    log_costs,
    split_objectives,
)

_LINEAR_SHARE = 0.05


@attrs.frozen(eq=False)
class Targets:
    """Some devices as the landscape sees them.

    Attributes:
        embedding: ``(T, E)``.
        correction: What the references of a device say beyond its embedding, ``(T, B, H)``.
        low: Lowest predicted log cost over the sample, anchored, ``(T, H)``.
        width: Range of the same, ``(T, H)``.
    """

    embedding: Tensor
    correction: Tensor
    low: Tensor
    width: Tensor

    def rows(self, index: Tensor) -> Targets:
        """One row per entry of ``index``."""
        return Targets(*(part[index] for part in attrs.astuple(self, recurse=False)))


class Landscape(nn.Module):
    """Predictors and normalisers: one object that is fitted, frozen and saved.

    Normalised values are about 0 at the best and 1 at the worst known end of
    each objective: quality linearly between the evaluated extremes, costs
    logarithmically between the cheapest and dearest of a fixed sample.
    """

    def __init__(self, problem: Problem, sample: Tensor) -> None:
        super().__init__()
        self._problem = problem
        self._queried, self._free = split_objectives(problem.objectives)
        names = [objective.name for objective in problem.objectives]
        order = [names.index(o.name) for o in (*self._queried, *self._free)]
        self._order = torch.tensor(order).argsort()  # position of each objective in [Q, H]
        self._sample = features_of(problem, sample)
        inputs, n_device = self._sample.shape[1], problem.embed(problem.devices[:1]).shape[1]
        self.quality = QualityPredictor(feature_groups(problem.choices), max(1, len(self._queried)))
        self.cost = CostPredictor(inputs, n_device, max(1, len(self._free)))
        self.register_buffer("quality_low", torch.zeros(len(self._queried)))
        self.register_buffer("quality_width", torch.ones(len(self._queried)))
        self.quality_low: Tensor
        self.quality_width: Tensor

    def settle(self, sample: Tensor) -> None:
        """Bring everything derived up to date after a state was loaded."""
        self.set_sample(sample)
        self.quality.process.settle()

    def set_sample(self, sample: Tensor) -> None:
        """Architectures over which the range of costs is taken, ``(n, C)``."""
        self._sample = features_of(self._problem, sample)

    def anchor(self, device: Device) -> Tensor:
        """Mean log cost of the reference set on a device, ``(H,)``."""
        references = population.encode(self._problem.choices, self._problem.references)
        return log_costs(self._problem, references, device).mean(0)

    def fit_costs(self, sample: Tensor, steps: int, generator: torch.Generator) -> float:
        """Fit the cost predictor to the search devices; last loss."""
        if not self._free:
            return 0.0
        devices = self._problem.devices
        anchored = torch.stack(
            [log_costs(self._problem, sample, d) - self.anchor(d) for d in devices]
        )
        embeddings = self._problem.embed(devices)
        return self.cost.fit(
            features_of(self._problem, sample), embeddings, anchored, steps, generator
        )

    def fit_quality(self, rows: Tensor, targets: Tensor, steps: int) -> float:
        """Fit the quality predictor to queried ``(n, Q)`` values."""
        if not self._queried:
            return 0.0
        targets = targets.float()
        self.quality_low.copy_(targets.amin(0))
        self.quality_width.copy_((targets.amax(0) - targets.amin(0)).clamp_min(1e-6))
        return self.quality.fit(features_of(self._problem, rows), targets, steps)

    def targets(self, devices: Sequence[Device]) -> Targets:
        """Embeddings, corrections and predicted cost ranges of any devices."""
        embedding = self._problem.embed(devices)
        corrections = [self._correct(d, e) for d, e in zip(devices, embedding, strict=True)]
        n, nothing = len(self._sample), torch.zeros(1, max(1, len(self._free)))
        ranges = []
        for row, correction in zip(embedding, corrections, strict=True):
            unit = Targets(row[None], correction[None], nothing, torch.ones_like(nothing))
            with torch.no_grad():
                logs = self.costs(self._sample, unit.rows(torch.zeros(n, dtype=torch.int64)))
            ranges.append(torch.stack([logs.amin(0), logs.amax(0)]))
        low, high = torch.stack(ranges, dim=1)  # (T, H) each
        return Targets(embedding, torch.stack(corrections), low, (high - low).clamp_min(1e-6))

    def _correct(self, device: Device, embedding: Tensor) -> Tensor:
        """Correction of the cost predictor from the reference set, ``(B, H)``."""
        if not self._free:
            return torch.zeros(self.cost.basis_size, 1)
        references = population.encode(self._problem.choices, self._problem.references)
        logs = log_costs(self._problem, references, device)
        features = features_of(self._problem, references)
        return self.cost.correction(features, embedding, logs - logs.mean(0))

    def normalise_quality(self, values: Tensor) -> Tensor:
        """Minimised quality ``(..., Q)`` to about [0, 1]."""
        return (values - self.quality_low) / self.quality_width

    def costs(self, features: Tensor, targets: Targets) -> Tensor:
        """Normalised costs ``(n, H)`` of features ``(n, F)`` on one target each."""
        basis = self.cost.hidden(features, targets.embedding)
        logs = self.cost.from_hidden(basis)
        logs = logs + (basis[:, None, :] @ targets.correction).squeeze(1)
        return (logs - targets.low) / targets.width

    def assemble(self, quality: Tensor, costs: Tensor) -> Tensor:
        """Normalised objectives ``(n, M)`` in the problem's order."""
        parts = ([quality] if self._queried else []) + ([costs] if self._free else [])
        return torch.cat(parts, dim=-1)[..., self._order]

    def values(self, features: Tensor, targets: Targets, optimism: float = 0.0) -> Tensor:
        """Predicted normalised objectives ``(n, M)``; quality by the optimistic bound."""
        quality = self.normalise_quality(self.quality(features, optimism))
        return self.assemble(quality, self.costs(features, targets))

    def natural(self, rows: Tensor, device: Device) -> list[dict[str, float]]:
        """Predictions in the objectives' own units and directions."""
        features = features_of(self._problem, rows)
        with torch.no_grad():
            quality = self.quality(features)
            targets = self.targets([device]).rows(torch.zeros(len(rows), dtype=torch.int64))
            costs = self.costs(features, targets)
            logs = costs * targets.width + targets.low + self.anchor(device)
        columns: dict[str, Tensor] = {}
        for index, objective in enumerate(self._queried):
            columns[objective.short] = quality[:, index] * sign(objective)
        for index, objective in enumerate(self._free):
            columns[objective.short] = (logs[:, index] * sign(objective)).exp()
        return [
            {o.short: float(columns[o.short][i]) for o in self._problem.objectives}
            for i in range(len(rows))
        ]


def smooth_chebyshev(values: Tensor, preferences: Tensor, temperature: float) -> Tensor:
    """Smooth maximum of weighted objectives, ``(n,)`` (Lin et al., ICML 2024, arXiv 2402.19078).

    T log sum_m exp(r_m z_m / T), plus a small linear term that prefers the better of two
    equally bad points. Reaches concave parts of a front, which a linear sum cannot.

    Args:
        values: Normalised objectives ``(n, M)``.
        preferences: ``(n, M)``.
        temperature: Towards 0 the maximum itself.
    """
    weighted = values * preferences
    smooth = temperature * torch.logsumexp(weighted / temperature, dim=-1)
    return smooth + _LINEAR_SHARE * values.mean(-1)
