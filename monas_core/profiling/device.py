"""A device that answers from its profile: as given on the reference networks, else predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.parts.context import Context
from monas_core.parts.device import Device, require_metric
from monas_core.profiling.cost_model import CostModel, fit
from monas_core.profiling.profile import Profile
from monas_core.profiling.reference_set import ReferenceSet
from monas_core.tracing.workload import Workload
from monas_core.values.architecture import Architecture
from monas_core.values.value import Value


class Profiled(Device):
    """A device known by a file alone.

    Args:
        source: What the file says.
        context: Space and task it is asked about.

    Raises:
        UsageError: The file is about other reference networks.
    """

    def __init__(self, source: Profile, context: Context) -> None:
        references = ReferenceSet.of(context)
        source.require(references)
        self.source = source
        self.document = source.to_json()
        self.profile = source.device
        self.metrics = frozenset(source.metrics)
        self._known = {
            metric: dict(zip(references.architectures, costs.values, strict=True))
            for metric, costs in source.metrics.items()
        }
        self._models: dict[str, CostModel] = {}

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """As ``estimate``: nothing better founded is known of a board that is elsewhere."""
        return self.estimate(metric, architectures, context)

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """As given for reference networks, from a model fitted to those for others."""
        require_metric(self, metric, "this cost")
        known = self._known[metric]
        new = [a for a in dict.fromkeys(architectures) if a not in known]
        unit = self.source.metrics[metric].unit
        batch = self.profile.batch
        found: dict[Architecture, Value] = {}
        if new:
            workloads = [context.workload(architecture, batch) for architecture in new]
            costs = self._model(metric, context).predict(workloads)
            found = {a: Value(c, unit, "predicted") for a, c in zip(new, costs, strict=True)}
        return [known.get(a) or found[a] for a in architectures]

    def of_workload(self, metric: str, workload: Workload, context: Context) -> Value:
        """Prediction for a network of no space at all, from what it executes."""
        (found,) = self._model(metric, context).predict([workload])
        return Value(found, self.source.metrics[metric].unit, "predicted")

    def facts(self) -> Mapping[str, Any]:
        """What was noticed when it was profiled."""
        return dict(self.source.notes)

    def _model(self, metric: str, context: Context) -> CostModel:
        if metric not in self._models:
            known = self._known[metric]
            workloads = [context.workload(a, self.profile.batch) for a in known]
            self._models[metric] = fit(workloads, [value.value for value in known.values()])
        return self._models[metric]
