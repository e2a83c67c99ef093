"""Problems whose values come from surrogates: any architecture of the space has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import attrs
import numpy as np
import torch
from threadpoolctl import ThreadpoolController

from monas_core.errors import UsageError
from monas_core.parts.device import Device, require_metric
from monas_core.parts.objective import Objective, sign
from monas_core.parts.space import end_rows
from monas_core.problem.benchmark import Benchmark
from monas_core.values import population
from monas_core.values.front import Scale
from monas_tables import roster
from monas_tables.additive import Additive, cross_validated
from monas_tables.device import TableDevice
from monas_tables.objectives import TableQuality
from monas_tables.parquet import Integers, Numbers
from monas_tables.space import TableSpace
from monas_tables.values import Forecast

UNITS: Mapping[str, str] = {"latency_ms": "ms", "energy_mj": "mJ"}
LEAST_ROWS = 200
"""Fewer measurements on a device fit nothing."""
SAMPLES = 2000
SEED = 20_240_220


@attrs.frozen(eq=False)
class Measured:
    """The measured rows of a table.

    Attributes:
        file: Name for messages.
        features: ``(n, F)``, as ``Additive`` takes them.
        costs: By device and metric ``(n,)``, NaN where there is no positive number.
        groups: ``(n,)``: the answer to the choice that matters most.
        grouped: Name of that choice.
    """

    file: str
    features: Numbers
    costs: Mapping[str, Mapping[str, Numbers]]
    groups: Integers
    grouped: str


class FittedProblem(Benchmark):
    """Quality from a published surrogate, costs from regressors fitted to the tables.

    Subclasses read files and say what the features of an architecture are.
    """

    reference_search: ClassVar[str | None] = "nsga2"

    def _assemble(
        self,
        space: TableSpace,
        measured: Measured,
        *,
        quality: Callable[[Integers], Numbers],
        features: Callable[[Integers], Numbers],
        profile: Callable[[str], tuple[str, int | None]],
    ) -> None:
        """Fit all costs and make the devices.

        Args:
            space: What is searched.
            measured: What the costs are fitted to.
            quality: From option indices ``(n, C)`` to ``(n,)``.
            features: From option indices to ``(n, F)``.
            profile: Precision and batch of a device, by name.
        """
        self._measured = measured
        pairs = [(name, metric) for name, found in measured.costs.items() for metric in found]
        # matrices are so small that threads mostly wait for each other: up to 50 times
        # slower where a container grants fewer cores than it shows
        self._threads = ThreadpoolController()
        with self._threads.limit(limits=1):
            models = [self._fit(name, metric) for name, metric in pairs]
        weights = np.stack([model.weights for model in models], axis=1)  # (F, devices * metrics)
        least = np.array([model.least for model in models])

        def predict(rows: Integers) -> Numbers:
            with self._threads.limit(limits=1):
                costs = np.maximum(features(rows) @ weights, least)
                return np.concatenate([quality(rows)[:, None], costs], axis=1)

        self.space = space
        self._columns = {pair: 1 + number for number, pair in enumerate(pairs)}
        self._forecast = Forecast(space, predict)
        self.devices: Mapping[str, Device] = {
            name: self._device(name, list(found), *profile(name))
            for name, found in measured.costs.items()
        }

    def _fit(self, name: str, metric: str) -> Additive:
        costs = self._measured.costs[name][metric]
        known = np.isfinite(costs)
        if known.sum() < LEAST_ROWS:
            raise UsageError(
                f'{self._measured.file} has {known.sum()} positive values of {metric} on "{name}", '
                f"too few to fit; at least {LEAST_ROWS} are needed, or remove the column."
            )
        return Additive.fit(self._measured.features[known], costs[known])

    def _device(
        self, name: str, metrics: Sequence[str], precision: str, batch: int | None
    ) -> TableDevice:
        profile = roster.profile(
            name, self._measured.file, "predicted", precision=precision, batch=batch
        )
        sources = {m: self._forecast.source(self._columns[name, m], UNITS[m]) for m in metrics}
        return TableDevice(profile, sources)

    def _qualities(self, kind: type[TableQuality]) -> TableQuality:
        """The quality, the same on both splits: a surrogate has no data to divide."""
        source = self._forecast.source(0, kind.unit)
        return kind({"search": source, "final": source})

    def scale(self, device: Device) -> Scale:
        """Least and largest value of both ends of the space and 2,000 architectures between."""
        for objective in self.objectives:
            if objective.device_metric is not None:
                require_metric(device, objective.device_metric, f'problem "{self.name}"')
        columns = [
            sign(objective) * self._sampled[:, self._column(objective, device)]
            for objective in self.objectives
        ]
        points = np.stack(columns, axis=1)
        return Scale(points.min(axis=0).tolist(), points.max(axis=0).tolist(), reference=1.0)

    def _column(self, objective: Objective, device: Device) -> int:
        metric = objective.device_metric
        return 0 if metric is None else self._columns[device.name, metric]

    @cached_property
    def _sampled(self) -> Numbers:
        """All quantities of the architectures that fix the scale, ``(n, Q)``."""
        choices = self.space.choices
        drawn = population.sample(choices, SAMPLES, torch.Generator().manual_seed(SEED))
        rows = torch.cat([end_rows(self.space), drawn])
        return self._forecast.points(rows.numpy())

    @cached_property
    def errors(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
        """Cross-validated errors of the fitted costs, by device and metric."""
        found: dict[str, dict[str, Mapping[str, float]]] = {}
        for name, metric in self._columns:
            costs = self._measured.costs[name][metric]
            known = np.isfinite(costs)
            with self._threads.limit(limits=1):
                found.setdefault(name, {})[metric] = cross_validated(
                    self._measured.features[known], costs[known], self._measured.groups[known]
                )
        return found

    def facts(self) -> Mapping[str, Any]:
        """Sizes, sources, and how far the surrogates are off."""
        return {
            "rows": len(self._measured.features),
            "devices": len(self.devices),
            "costs": f"sums over layers fitted by relative error to {self._measured.file}",
            "groups of r2": f"networks of one {self._measured.grouped}",
            "errors": self.errors,
            "scale": f"min-max over both ends of the space and {SAMPLES} random architectures",
        }
