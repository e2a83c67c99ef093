"""This machine: measures latency, measures energy where it can, predicts both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch

from monas_core.parts.context import Context
from monas_core.parts.device import Device, require_metric
from monas_core.parts.space import end_rows
from monas_core.profiling.cost_model import CostModel, fit
from monas_core.values.architecture import Architecture
from monas_core.values.population import decode, reference_population, unique_rows
from monas_core.values.value import Value
from monas_devices.capabilities import measurable, probe
from monas_devices.host_profile import host_profile, modelled_mj
from monas_devices.meter import EnergyMeter, find_meter
from monas_devices.options import HostOptions
from monas_devices.roofline import memory_mb
from monas_devices.runtimes import check, prepare
from monas_devices.timing import measure_ms

CALIBRATION = 20
"""Architectures measured to fit the model behind ``estimate``."""

_MEASURED = ("latency_ms", "energy_mj")


class Host(Device):
    """The machine monas runs on.

    ``cost`` measures, ``estimate`` answers from a model fitted to measurements of
    ``CALIBRATION`` architectures, the space's reference set first. Energy is
    measured where a counter answers; otherwise it is modelled from the time,
    marked so, and never zero.

    Args:
        seconds: Time to spend on one measurement.
        runtime: What executes networks: one of ``RUNTIMES``.
        threads: CPU threads.
        batch: Samples per inference.
        options: Hold for what is not given.

    Raises:
        UsageError: The runtime cannot work here, or a number is not positive.
    """

    metrics = frozenset({"latency_ms", "energy_mj", "memory_mb"})

    def __init__(
        self,
        *,
        seconds: float | None = None,
        runtime: str | None = None,
        threads: int | None = None,
        batch: int | None = None,
        options: HostOptions | None = None,
    ) -> None:
        given = {"runtime": runtime, "threads": threads, "batch": batch, "seconds": seconds}
        explicit = {name: value for name, value in given.items() if value is not None}
        asked = attrs.evolve(options or HostOptions(), **explicit)
        check(asked.runtime)
        self.profile = host_profile(asked.runtime, asked.threads, asked.batch)
        self._runtime, self._threads = asked.runtime, asked.threads
        self._seconds = asked.seconds
        self._meter: EnergyMeter | None = None
        self._looked_for_meter = False
        self._measured: dict[tuple[str, str], Value] = {}  # metric, key of the architecture
        self._models: dict[str, CostModel] = {}
        self._scope: str | None = None

    def cost(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Measured values, each architecture once per process or resumed run."""
        require_metric(self, metric, "this cost")
        self._enter(context)
        if metric == "memory_mb":
            return [self._memory(architecture, context) for architecture in architectures]
        if metric == "energy_mj" and not self._has_meter(context):
            times = self.cost("latency_ms", architectures, context)
            return self._modelled(architectures, times, context)
        new = [a for a in dict.fromkeys(architectures) if (metric, a.key) not in self._measured]
        if new:
            found = self._measure(metric, new, context)
            self._measured.update({(metric, a.key): v for a, v in zip(new, found, strict=True)})
        return [self._measured[metric, architecture.key] for architecture in architectures]

    def estimate(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        """Predicted values; calibrates on first use, which takes seconds."""
        require_metric(self, metric, "this cost")
        self._enter(context)
        if metric == "memory_mb":
            return [self._memory(architecture, context) for architecture in architectures]
        if metric == "energy_mj" and not self._has_meter(context):
            times = self.estimate("latency_ms", architectures, context)
            return self._modelled(architectures, times, context)
        model = self._calibrated(metric, context)
        workloads = [context.workload(a, self.profile.batch) for a in architectures]
        unit = "ms" if metric == "latency_ms" else "mJ"
        return [Value(value, unit, "predicted") for value in model.predict(workloads)]

    def forget(self, architectures: Sequence[Architecture]) -> None:
        """Measure these again when next asked. The model behind ``estimate`` stays."""
        keys = {architecture.key for architecture in architectures}
        self._measured = {k: v for k, v in self._measured.items() if k[1] not in keys}

    def facts(self) -> Mapping[str, Any]:
        """What this machine can measure, and how well its predictions hold."""
        errors = {metric: round(model.error, 4) for metric, model in self._models.items()}
        return {**measurable(), **probe(), "prediction error (median, left out)": errors}

    def state_dict(self) -> Mapping[str, Any]:
        """Measurements and fitted models, so that a resumed run measures nothing twice."""
        return {
            "scope": self._scope,
            "measured": [[*key, value.to_json()] for key, value in self._measured.items()],
            "models": {metric: model.to_json() for metric, model in self._models.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Inverse of ``state_dict``."""
        self._scope = state["scope"]
        self._measured = {(m, key): Value.from_json(v) for m, key, v in state["measured"]}
        self._models = {m: CostModel.from_json(model) for m, model in state["models"].items()}

    def _enter(self, context: Context) -> None:
        """Forget what was measured for another space, task, torch device or machine."""
        check(self._runtime, context.torch_device)
        space, task = context.space, context.require_task()
        sizes = " ".join(map(str, space.choices.sizes))
        machine = f"{context.torch_device} {self.profile.processor} {self.profile.runtime}"
        scope = f"{space.name} {space.preset} {sizes} {task.name} {machine}"
        if self._scope != scope:
            self._scope = scope
            self._measured.clear()
            self._models.clear()

    def _measure(
        self, metric: str, architectures: Sequence[Architecture], context: Context
    ) -> list[Value]:
        if metric == "latency_ms":
            batch, runtime = self.profile.batch, self._runtime
            return measure_ms(architectures, context, batch, self._seconds, runtime, self._threads)
        return [self._measure_mj(architecture, context) for architecture in architectures]

    def _measure_mj(self, architecture: Architecture, context: Context) -> Value:
        assert self._meter is not None
        network = context.network(architecture).eval()
        inputs = context.example(self.profile.batch)
        call = prepare(self._runtime, network, inputs, self._threads)
        joules = self._meter.joules(call, 3 * self._seconds, self._threads)
        if joules is None:  # the counter answered before and does not now
            times = self.cost("latency_ms", [architecture], context)
            return self._modelled([architecture], times, context)[0]
        return Value(1e3 * joules, "mJ", "measured")

    def _calibrated(self, metric: str, context: Context) -> CostModel:
        if metric not in self._models:
            chosen = _calibration_set(context)
            costs = [value.value for value in self.cost(metric, chosen, context)]
            workloads = [context.workload(a, self.profile.batch) for a in chosen]
            self._models[metric] = fit(workloads, costs)
        return self._models[metric]

    def _has_meter(self, context: Context) -> bool:
        if not self._looked_for_meter:
            self._meter = find_meter(context.torch_device)
            self._looked_for_meter = True
        return self._meter is not None

    def _modelled(
        self, architectures: Sequence[Architecture], times: Sequence[Value], context: Context
    ) -> list[Value]:
        workloads = [context.workload(a, self.profile.batch) for a in architectures]
        return [
            modelled_mj(self.profile, workload, time.value)
            for workload, time in zip(workloads, times, strict=True)
        ]

    def _memory(self, architecture: Architecture, context: Context) -> Value:
        workload = context.workload(architecture, self.profile.batch)
        return memory_mb(workload, self.profile.precision)


def _calibration_set(context: Context) -> list[Architecture]:
    """The space's reference set, then other architectures up to ``CALIBRATION``."""
    choices, ends = context.space.choices, end_rows(context.space)
    drawn = [reference_population(choices, n, ends=ends) for n in (10, 2 * CALIBRATION)]
    return decode(choices, unique_rows(torch.cat(drawn))[:CALIBRATION])
